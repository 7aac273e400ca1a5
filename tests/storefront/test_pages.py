"""The members' pages over HTTP: both languages, no script of anybody's, no loop of queries."""

import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Media
from kernel.tenancy import in_tenant
from storefront_theme import page_cache
from tenants.brand.themes import THEMES
from tenants.shop.listings.assortment import AssortmentRule, ProductFilter
from tenants.shop.listings.services import set_assortment
from tests.storefront.conftest import dress
from tests.support.build import make_category, make_product, make_supplier

PUBLIC = ["/", "/c/", "/c/food/", "/search/?q=tea", "/p/farm/tea/", "/p/farm/dinner/", "/cart/", "/offline/"]
SIGNING_IN = ["/account/login/", "/account/signup/", "/account/password/reset/", "/account/login/code/"]
OWN = ["/checkout/", "/orders/", "/circle/", "/me/", "/share/", "/account/logout/", "/account/email/"]


class Page(HTMLParser):
    """What the rules for every page need to know of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.labels: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.headings = 0
        self._inline = False
        self.feed(text)
        for control in self.controls:
            if "aria-label" not in control and control.get("id") not in self.labels:
                self.faults.append(f"a control without a label: {control}")
        if self.headings != 1:
            self.faults.append(f"{self.headings} headings of the first order")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        attributes = dict(attrs)
        self.headings += tag == "h1"
        for name in attributes:
            if name == "style" or name.startswith("on"):
                self.faults.append(f"<{tag} {name}=…> is refused by the content policy")
        data = attributes.get("type") == "application/json"
        self._inline = tag in {"script", "style"} and "src" not in attributes and not data
        if tag == "img" and not {"width", "height", "alt"} <= attributes.keys():
            self.faults.append(f"a picture without size or text: {attributes.get('src')}")
        if tag == "label":
            self.labels.add(attributes.get("for") or "")
        kind = attributes.get("type", "text")
        if tag in {"input", "select", "textarea"} and kind not in {"hidden", "radio", "checkbox", "submit"}:
            self.controls.append(attributes)

    def handle_data(self, data: str) -> None:
        """Look at text; inside a script or style it would be inline code."""
        if self._inline and data.strip():
            self.faults.append(f"inline code: {data.strip()[:60]}")
        self._inline = False


def faults_of(browser: Client, path: str) -> list[str]:
    """Return what is wrong with a page."""
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.get("Location"))
    text = answer.content.decode()
    faults = Page(text).faults
    if re.search("banyan|榕", text, re.IGNORECASE):
        faults.append("the platform is named")
    policy = answer["Content-Security-Policy"]
    if "unsafe" in policy or "script-src 'self'" not in policy:
        faults.append(policy)
    return faults


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", [*PUBLIC, *SIGNING_IN])
def test_pages_for_everybody_keep_the_rules(shop, path, language):
    assert faults_of(shop.visitor(language), path) == []


def test_members_pages_keep_the_rules(shop):
    browser = shop.member()
    browser.post("/cart/add/", {"variant_id": shop.tea.variants.all()[0].id})
    for path in [*OWN, "/cart/", "/p/farm/tea/"]:
        assert faults_of(browser, path) == [], path


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_draws_every_block(shop, theme):
    words = {"zh-hans": "中文", "en": "words"}
    blocks = [
        {"kind": "hero"},
        {"kind": "categories"},
        {"kind": "promises", "items": [{"icon": "leaf", "text": words}]},
        {"kind": "story", "title": words, "text": words, "label": words, "link": "/c/"},
        *({"kind": "products", "title": words, "layout": layout} for layout in ("grid", "shelf", "deals")),
    ]
    dress(shop.tenant, theme=theme, home=blocks, announcement=words, hero={"title": words, "label": words})
    assert faults_of(shop.visitor(), "/") == []
    text = shop.visitor().get("/").content.decode()
    assert f'data-card="{THEMES[theme].card}"' in text
    assert text.count("/p/farm/tea/") == 3


@pytest.mark.parametrize("path", OWN)
def test_strangers_are_asked_to_sign_in(shop, path):
    if path.startswith("/account/logout"):
        return
    answer = shop.visitor().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=")


def test_lists_ask_the_database_the_same_number_of_times_however_long_they_are(shop):
    browser = shop.member()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/c/").status_code == 200
        return len(queries)

    def asked_when_warm() -> int:
        # What the process remembers for a second may run out under any one of the three.
        return min(asked() for _time in range(3))

    few = asked_when_warm()
    supplier = make_supplier("mill")
    for number in range(15):
        make_product(supplier, f"flour-{number}", options=("1kg", "2kg"))
    assert asked_when_warm() == few


def test_a_member_is_asked_for_once_and_home_stays_small(shop):
    browser = shop.member()
    page = browser.get("/")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/c/")
    users = [query for query in queries if 'FROM "accounts_user"' in query["sql"]]
    assert len(users) == 1
    assert len(page.content) < 100_000


def test_search_finds_chinese_latin_and_small_slips(shop):
    make_product(make_supplier("mill"), "longjing", title={"zh-hans": "明前龙井", "en": "Longjing green tea"})
    browser = shop.visitor()
    for words in ("龙井", "longjing", "LONGJING tea", "longjng"):
        assert "明前龙井" in browser.get("/search/", {"q": words}).content.decode(), words
    assert "明前龙井" not in browser.get("/search/", {"q": "咖啡"}).content.decode()


def test_what_somebody_searched_for_is_text_and_nothing_else(shop):
    page = shop.visitor().get("/search/", {"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.content.decode()


def test_categories_list_what_lies_below_them(shop):
    below = make_category("tea-leaves", parent=make_category("food"))
    make_product(make_supplier("mill"), "leaves", category=below)
    assert "/p/mill/leaves/" in shop.visitor().get("/c/food/").content.decode()
    assert "/p/smith/pot/" not in shop.visitor().get("/c/food/").content.decode()
    assert shop.visitor().get("/c/nosuch/").status_code == 404


def test_options_are_chosen_by_plain_links(shop):
    browser = shop.visitor()
    small, large = shop.tea.variants.order_by("position")
    page = browser.get(f"/p/farm/tea/?v={large.id}").content.decode()
    assert f'name="variant_id" value="{large.id}"' in page
    assert f"?v={small.id}" in page
    stale = browser.get("/p/farm/tea/?v=01900000-0000-7000-8000-000000000000")
    assert stale.status_code == 302


def test_a_chosen_option_comes_as_a_fragment_where_there_is_javascript(shop):
    large = shop.tea.variants.order_by("position")[1]
    part = shop.visitor().get(
        f"/p/farm/tea/?v={large.id}", headers={"HX-Request": "true", "HX-Target": "buy"}
    )
    text = part.content.decode()
    assert text.lstrip().startswith('<div id="buy"')
    assert "<html" not in text


def test_the_language_is_the_readers_choice(shop):
    browser = shop.visitor("zh-hans")
    back = browser.post("/language/", {"language": "en", "next": "/c/?sort=price"})
    assert (back.status_code, back["Location"]) == (302, "/c/?sort=price")
    assert "All goods" in browser.get("/c/").content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
)
def test_changing_the_language_leads_nowhere_else(shop, target):
    answer = shop.visitor().post("/language/", {"language": "en", "next": target})
    assert answer["Location"] == "/"


def test_a_page_that_is_not_there_looks_like_the_shop_and_names_it(shop):
    answer = shop.visitor("en").get("/nosuch/")
    assert answer.status_code == 404
    assert "Alice's shop" in answer.content.decode().replace("&#x27;", "'")


def test_a_broken_page_says_so_without_asking_the_database(shop, monkeypatch):
    monkeypatch.setattr("storefront_theme.pages.catalogue.home_blocks", lambda *_, **__: 1 / 0)
    browser = shop.visitor()
    browser.raise_request_exception = False
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "One moment" in answer.content.decode()
    assert "X-Page-Cache" not in answer


def test_offline_keeps_only_what_the_offline_page_needs(shop):
    worker = shop.visitor().get("/sw.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "/offline/" in worker.content.decode()
    assert "/orders/" not in worker.content.decode()


def test_mails_bear_the_shops_name(shop, mailoutbox):
    shop.member("carol@example.test")
    with in_tenant(shop.tenant):
        assert mailoutbox
    mail = mailoutbox[0]
    assert mail.subject.startswith("爱丽丝的店 · ")
    assert "爱丽丝的店" in mail.body
    assert "example.com" not in mail.body


def test_pictures_come_in_the_width_they_are_shown(shop):
    Media.objects.filter(product=shop.pot).update(url="/media/pictures/a/1280.webp", widths=[320, 640, 1280])
    Media.objects.create(product=shop.pot, url="https://elsewhere.example/b.jpg", position=2)
    page = shop.visitor().get("/p/smith/pot/").content.decode()
    srcset = "".join(f"/media/pictures/a/{width}.webp {width}w, " for width in (320, 640, 1280))[:-2]
    assert f'src="/media/pictures/a/1280.webp" srcset="{srcset}" sizes=' in page
    assert 'src="/media/pictures/a/320.webp" width="64"' in page  # its thumbnail
    assert page.count('src="https://elsewhere.example/b.jpg"') == 2
    assert faults_of(shop.visitor(), "/p/smith/pot/") == []


def test_a_search_is_sorted_by_match_and_nothing_found_has_a_way_on(shop):
    browser = shop.visitor("en")
    assert "Best match" in browser.get("/search/?q=tea").content.decode()
    assert "Newest" in browser.get("/c/").content.decode()
    nothing = browser.get("/search/?q=zzzqqq").content.decode()
    assert "Try another word" in nothing
    assert "Best match" not in nothing
    with in_tenant(shop.tenant):
        set_assortment(rule=AssortmentRule(include=[ProductFilter(tag="nothing")]), acting_user="test")
    page_cache.forget()
    assert "The shelves are being filled" in shop.visitor("en").get("/c/").content.decode()
