"""What strangers share and what nobody shares."""

import gzip

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from catalog.models import Price
from kernel.tenancy import in_tenant
from storefront_theme import page_cache
from tenants.brand import services as brand_services
from tests.storefront.conftest import dress
from tests.support.build import make_tenant, make_user

PAGES = [
    "/",
    "/c/",
    "/c/food/",
    "/c/?sort=price&page=1",
    "/p/farm/tea/",
    "/theme.css",
    "/brand/logo.svg",
    "/offline/",
]


@pytest.mark.parametrize("path", PAGES)
def test_the_second_stranger_gets_the_finished_page_without_a_query(shop, path):
    first = shop.visitor().get(path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        second = shop.visitor().get(path)
    assert (first["X-Page-Cache"], second["X-Page-Cache"]) == ("miss", "hit")
    assert first.content == second.content
    assert len(queries) == 0


def test_a_new_process_takes_the_page_from_the_shared_store(shop):
    page = shop.visitor().get("/c/")
    page_cache.forget()
    again = shop.visitor().get("/c/")
    assert again["X-Page-Cache"] == "hit"
    assert again.content == page.content


def test_two_shops_never_share_a_page(shop):
    other = make_tenant("charlie.localhost", name={"zh-hans": "查理的店", "en": "Charlie's"})
    dress(other, tagline={"en": "Only Charlie says this"})
    own_page = shop.visitor("en").get("/")
    theirs = type(shop)(other, "charlie.localhost", shop.tea, shop.pot, shop.dinner).visitor("en").get("/")
    assert theirs["X-Page-Cache"] == "miss"
    assert "Only Charlie says this" in theirs.content.decode()
    assert "Only Charlie says this" not in own_page.content.decode()
    assert "Alice's shop" not in theirs.content.decode()


def test_languages_are_kept_apart(shop):
    chinese, english = shop.visitor("zh-CN").get("/c/"), shop.visitor("en").get("/c/")
    assert "全部商品" in chinese.content.decode()
    assert "All goods" in english.content.decode()
    assert english["X-Page-Cache"] == "miss"


def test_members_and_carts_are_never_served_from_it(shop):
    shop.visitor().get("/c/")
    member = shop.member().get("/c/")
    assert "X-Page-Cache" not in member
    shopper = shop.visitor()
    shopper.post("/cart/add/", {"variant_id": shop.tea.variants.all()[0].id})
    page = shopper.get("/c/")
    assert "X-Page-Cache" not in page
    assert 'class="count"' in page.content.decode()
    assert 'class="count"' not in shop.visitor().get("/c/").content.decode()


@pytest.mark.parametrize(
    "query", ["?utm=1", "?page=0", "?page=9999", "?sort=evil", "?sort=new&sort=price", "?s=CODE"]
)
def test_made_up_queries_leave_nothing_behind(shop, query):
    assert "X-Page-Cache" not in shop.visitor().get(f"/c/{query}")


@pytest.mark.parametrize("header", ["true", "false", "1", "", None])
@pytest.mark.parametrize("target", ["buy", "state", "cart", "", "<b>", None])
@pytest.mark.parametrize("path", ["/", "/c/", "/p/farm/tea/"])
def test_no_header_of_one_visitor_changes_what_the_next_one_gets(shop, path, header, target):
    headers = {"HX-Request": header, "HX-Target": target}
    shop.visitor().get(path, headers={name: value for name, value in headers.items() if value is not None})
    page_cache.forget()
    body = shop.visitor().get(path).content.strip()
    assert body.startswith(b"<!doctype html>")
    assert body.endswith(b"</html>")


@pytest.mark.parametrize("host", ["ALICE.localhost", "alice.localhost.", "aLiCe.LOCALHOST:4711"])
def test_a_host_spelled_otherwise_is_the_same_page(shop, host, settings):
    settings.PUBLIC_PORT = ""
    first = shop.visitor().get("/p/farm/tea/")
    second = shop.visitor().get("/p/farm/tea/", headers={"host": host})
    assert (first["X-Page-Cache"], second["X-Page-Cache"]) == ("miss", "hit")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<div>part</div>"),
        ("text/html", b"<!doctype html><html><body>broken"),
        ("image/svg+xml", b"<svg><path"),
        ("application/manifest+json", b'{"name": '),
        ("text/css", b""),
        ("application/octet-stream", b"\x00"),
    ],
)
def test_what_is_no_whole_document_is_not_kept(shop, kind, body, rf):
    request = rf.get("/c/", headers={"host": shop.host})
    request.tenant = shop.tenant
    keeper = page_cache.PageCacheMiddleware(lambda _request: HttpResponse(body, content_type=kind))
    with in_tenant(shop.tenant):
        assert "X-Page-Cache" not in keeper(request)


def test_the_shared_store_takes_no_more_than_its_share(shop, monkeypatch):
    monkeypatch.setattr(page_cache, "SHARED_BYTES", 100)
    shop.visitor().get("/c/")
    page_cache.forget()
    assert shop.visitor().get("/c/")["X-Page-Cache"] == "miss"


def test_what_is_not_found_is_not_kept(shop):
    assert "X-Page-Cache" not in shop.visitor().get("/c/nosuch/")
    assert "X-Page-Cache" not in shop.visitor().get("/p/farm/nosuch/")


def test_no_shared_page_holds_a_form_token_or_sets_a_cookie(shop):
    for path in PAGES:
        page = shop.visitor().get(path)
        assert "csrfmiddlewaretoken" not in page.content.decode(), path
        assert not page.cookies, path


def test_a_new_price_and_a_new_look_are_new_pages(shop):
    before = shop.visitor().get("/p/farm/tea/").content
    with in_tenant(shop.tenant):
        owner = make_user("alice@example.test", role="owner")
        brand_services.save_draft(document={"announcement": {"zh-hans": "新公告"}}, acting_user=owner)
        brand_services.publish(acting_user=owner)
    page_cache.forget()
    page = shop.visitor().get("/p/farm/tea/")
    assert page["X-Page-Cache"] == "miss"
    assert "新公告" in page.content.decode()
    assert page.content != before
    Price.objects.filter(variant__product=shop.tea).update(suggested=7_700)
    page_cache.forget()
    assert "77" in shop.visitor().get("/p/farm/tea/").content.decode()


def test_the_page_comes_packed_to_who_can_unpack_it_and_not_at_all_to_who_has_it(shop):
    plain = shop.visitor().get("/c/")
    packed = shop.visitor().get("/c/", headers={"Accept-Encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    again = shop.visitor().get("/c/", headers={"If-None-Match": plain["ETag"]})
    assert again.status_code == 304
    assert not again.content


def test_one_process_keeps_no_more_than_its_share():
    near = page_cache._Near(limit=10_000)
    for number in range(50):
        near.put(str(number), page_cache.Page((), "", b"x" * 2_000, b""))
    assert near.get("0") is None
    assert near.get("49") is not None
    assert near._used <= 10_000
