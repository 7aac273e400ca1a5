"""From the first look to a paid order with nothing but links and forms, and who may not."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from billing.payments.models import Payment
from billing.payments.payments import sandbox_cards
from catalog.models import Stock
from kernel.events import outbox
from kernel.tenancy import in_public, in_tenant
from tenants.agents.models import Member
from tenants.shop.cart.models import CartLine
from tenants.shop.orders.models import Order
from tests.storefront.conftest import Shop, dress
from tests.support.build import make_tenant
from tests.support.questions import press_and_confirm
from tests.support.sandbox import RunningSandbox

ADDRESS = {
    "name": "林晓", "phone": "13800000000", "country": "CN", "division_1": "310000", "division_2": "310104",
    "address": "衡山路 1 号",
}  # fmt: skip


class Fields(HTMLParser):
    """The hidden fields of a page's forms."""

    def __init__(self, page: HttpResponse) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a hidden field."""
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden" and attributes.get("name"):
            self.values[str(attributes["name"])] = attributes.get("value") or ""


def put(browser: Client, *products: Any) -> None:
    """Put a product's first variant into the cart by the form on its page."""
    for product in products:
        page = browser.get(f"/p/{product.supplier.code}/{product.handle}/")
        answer = browser.post("/cart/add/", {**Fields(page).values, "quantity": "1"})
        assert (answer.status_code, answer["Location"]) == (302, "/cart/")


def place(browser: Client, **changes: str) -> HttpResponse:
    """Fill in the checkout's form and send it."""
    page = browser.get("/checkout/")
    return browser.post("/checkout/", {**Fields(page).values, **ADDRESS, **changes})


def order(shop: Shop) -> Order:
    """Return the newest order."""
    with in_tenant(shop.tenant):
        return Order.objects.order_by("-placed_at").select_related("buyer")[0]


@pytest.fixture
def bought(shop: Shop, sandbox: RunningSandbox) -> tuple[Shop, Client, Order]:
    """Bob's order of goods of two suppliers, not paid yet."""
    browser = shop.member()
    put(browser, shop.tea, shop.pot)
    assert place(browser).status_code == 302
    return shop, browser, order(shop)


def test_a_stranger_collects_joins_and_keeps_the_cart(shop):
    browser = shop.visitor()
    put(browser, shop.tea, shop.pot)
    assert browser.get("/checkout/")["Location"] == "/account/login/?next=/checkout/"
    browser.post("/account/signup/", {"email": "new@example.test", "password1": "secret-pass-1"})
    page = browser.get("/checkout/").content.decode()
    assert "农场" in page
    assert "铁匠" in page
    assert "¥262.00" in page.replace('<span class="sign">', "").replace("</span>", "").replace(
        '<span class="fraction">', ""
    )


def test_paying_without_javascript_ends_on_a_paid_order(bought):
    shop, browser, placed = bought
    pay = f"/pay/{placed.payment_id}/"
    page = browser.get(pay)
    assert "4242 4242 4242 4242" in page.content.decode()
    declined = browser.post(pay, {"card": "declined"})
    assert declined.status_code == 402
    assert 'role="alert"' in declined.content.decode()
    assert order(shop).state == Order.State.PLACED
    done = browser.post(pay, {"card": "success"})
    assert done["Location"] == f"/orders/{placed.number}/?wait=1"
    assert "付款成功" in browser.get(done["Location"]).content.decode()
    assert order(shop).state == Order.State.PAID
    assert placed.number in browser.get("/orders/?state=paid").content.decode()
    assert browser.get(pay)["Location"].startswith(f"/orders/{placed.number}/")


def test_with_real_keys_the_card_goes_straight_to_stripe(bought, settings):
    _shop, browser, placed = bought
    settings.PAYMENT_SANDBOX = False
    settings.STRIPE_PUBLISHABLE_KEY = "pk_live_x"
    page = browser.get(f"/pay/{placed.payment_id}/")
    text, policy = page.content.decode(), page["Content-Security-Policy"]
    secret = Payment.objects.get(id=placed.payment_id).client_secret
    assert secret
    assert f'data-secret="{secret}"' in text
    assert 'data-key="pk_live_x"' in text
    assert "4242" not in text
    assert "script-src 'self' https://js.stripe.com" in policy
    assert "frame-src https://js.stripe.com" in policy
    # The loosened policy is that page's alone, and test cards are gone.
    assert "stripe" not in browser.get("/orders/")["Content-Security-Policy"]
    browser.post(f"/pay/{placed.payment_id}/", {"card": "success"})
    assert order(_shop).state == Order.State.PLACED


def test_the_bank_may_ask_first(bought):
    shop, browser, placed = bought
    page = browser.post(f"/pay/{placed.payment_id}/", {"card": "three_d_secure"}).content.decode()
    assert Payment.objects.get(id=placed.payment_id).next_action_url.replace("&", "&amp;") in page
    assert browser.get(f"/pay/{placed.payment_id}/return/").status_code == 302
    assert order(shop).state == Order.State.PLACED


def test_a_checkout_submitted_twice_places_one_order(shop, sandbox):
    browser = shop.member()
    put(browser, shop.tea)
    page = browser.get("/checkout/")
    form = {**Fields(page).values, **ADDRESS}
    targets = {browser.post("/checkout/", form)["Location"] for _twice in range(2)}
    assert len(targets) == 1
    with in_tenant(shop.tenant):
        assert Order.objects.count() == 1


def test_another_total_than_the_one_shown_is_shown_before_it_is_taken(shop, sandbox):
    browser = shop.member()
    put(browser, shop.tea)
    answer = place(browser, expected_total="1")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    with in_tenant(shop.tenant):
        assert not Order.objects.exists()


def test_a_missing_part_of_the_address_is_named_at_its_field(shop, sandbox):
    browser = shop.member()
    put(browser, shop.tea)
    answer = place(browser, phone="")
    assert answer.status_code == 422
    assert 'id="id_phone_error"' in answer.content.decode()


def test_vouchers_ask_for_no_address(shop, sandbox):
    browser = shop.member()
    put(browser, shop.dinner)
    page = browser.get("/checkout/")
    assert 'name="address"' not in page.content.decode()
    assert browser.post("/checkout/", Fields(page).values).status_code == 302
    with in_tenant(shop.tenant):
        order = Order.objects.get()
        assert order.payment_id
        sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    while outbox.relay():
        pass
    paid = browser.get(f"/orders/{order.number}/").content.decode()
    assert "可使用" in paid
    assert "包裹已全部发出" not in paid


def test_the_cart_is_changed_by_forms_and_by_fragments(shop):
    browser = shop.visitor()
    put(browser, shop.tea)
    with in_tenant(shop.tenant):
        line = CartLine.objects.get()
    change = f"/cart/lines/{line.id}/"
    assert browser.post(change, {"quantity": "3"})["Location"] == "/cart/"
    part = browser.post(change, {"quantity": "2"}, headers={"HX-Request": "true"}).content.decode()
    assert '<div id="cart"' in part
    assert 'hx-swap-oob="innerHTML:.cart-count"' in part
    assert "<html" not in part
    assert (
        "购物车还是空的"
        in browser.post(change, {"quantity": "0"}, headers={"HX-Request": "true"}).content.decode()
    )


def test_what_is_sold_out_says_so_in_the_cart_and_stops_the_checkout(shop):
    browser = shop.member()
    put(browser, shop.tea)
    Stock.objects.filter(variant__product=shop.tea).update(available=0)
    page = browser.get("/cart/").content.decode()
    assert "field-error" in page
    assert 'href="/checkout/"' not in page


@pytest.mark.parametrize(
    "data", [{}, {"variant_id": "x"}, {"variant_id": "01900000-0000-7000-8000-000000000000"}]
)
def test_what_is_not_on_sale_cannot_be_put_into_a_cart(shop, data):
    browser = shop.visitor()
    browser.post("/cart/add/", data)
    with in_tenant(shop.tenant):
        assert not CartLine.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_other_sites_pages_cannot_post_what_needs_no_token(shop, headers):
    browser = Client(HTTP_HOST=shop.host, enforce_csrf_checks=True)
    for path, data in (
        ("/cart/add/", {"variant_id": shop.tea.variants.all()[0].id}),
        ("/language/", {"language": "en"}),
    ):
        assert browser.post(path, data, headers=headers).status_code == 403
    with in_tenant(shop.tenant):
        assert not CartLine.objects.exists()


def test_our_own_pages_post_without_a_token_where_pages_are_shared_and_with_one_elsewhere(shop):
    browser = Client(HTTP_HOST=shop.host, enforce_csrf_checks=True)
    own_headers = {"Sec-Fetch-Site": "same-origin", "Origin": f"http://{shop.host}"}
    variant = shop.tea.variants.all()[0].id
    assert browser.post("/cart/add/", {"variant_id": variant}, headers=own_headers).status_code == 302
    assert browser.post("/account/login/", {"login": "x"}, headers=own_headers).status_code == 403
    assert browser.post("/me/", {"name": "x"}, headers=own_headers).status_code in {302, 403}


def test_nobody_else_sees_or_touches_an_order_or_its_payment(bought):
    shop, _browser, placed = bought
    carol = shop.member("carol@example.test")
    with in_public():
        other = make_tenant("charlie.localhost")
    dress(other)
    charlie = Shop(other, "charlie.localhost", shop.tea, shop.pot, shop.dinner).member("bob@example.test")
    for somebody in (carol, charlie):
        for path in (
            f"/orders/{placed.number}/",
            f"/pay/{placed.payment_id}/",
            f"/pay/{placed.payment_id}/return/",
        ):
            assert somebody.get(path).status_code == 404, path
        for path in (f"/orders/{placed.number}/cancel/", f"/orders/{placed.number}/receive/"):
            assert somebody.post(path).status_code == 404, path
        assert somebody.post(f"/pay/{placed.payment_id}/", {"card": "success"}).status_code == 404
        assert placed.number not in somebody.get("/orders/").content.decode()
    assert order(shop).state == Order.State.PLACED


def test_an_unpaid_order_is_cancelled_by_its_buyer(bought):
    shop, browser, placed = bought
    assert press_and_confirm(browser, f"/orders/{placed.number}/cancel/").status_code == 302
    assert order(shop).state == Order.State.CANCELLED
    assert "已取消" in browser.get(f"/orders/{placed.number}/").content.decode()


def test_the_order_page_waits_for_the_payment_and_stops_asking_in_the_end(bought):
    _shop, browser, placed = bought
    page = browser.get(f"/orders/{placed.number}/?wait=1").content.decode()
    assert 'http-equiv="refresh"' in page
    assert f'hx-get="/orders/{placed.number}/?wait=2"' in page
    assert "hx-trigger" not in browser.get(f"/orders/{placed.number}/?wait=21").content.decode()


def test_members_take_their_data_with_them(bought):
    _shop, browser, placed = bought
    browser.get("/circle/")
    answer = browser.get("/me/export/")
    data = json.loads(answer.content)
    assert "attachment" in answer["Content-Disposition"]
    assert data["person"]["email"] == "bob@example.test"
    assert [item["number"] for item in data["orders"]] == [placed.number]
    assert "cost" not in answer.content.decode()


def test_the_circle_shows_a_link_that_binds(shop):
    browser = shop.member()
    page = browser.get("/circle/").content.decode()
    with in_tenant(shop.tenant):
        code = Member.objects.get().referral_code
    assert f"/?s={code}" in page
    assert browser.get("/share/qr.svg")["Content-Type"] == "image/svg+xml"
    assert "<svg" in browser.get("/share/poster.svg").content.decode()
    friend = shop.visitor()
    assert friend.get(f"/p/farm/tea/?s={code}").status_code == 302
    friend.post("/account/signup/", {"email": "friend@example.test", "password1": "secret-pass-1"})
    friend.get("/circle/")
    with in_tenant(shop.tenant):
        assert Member.objects.get(user__email="friend@example.test").bound_to.referral_code == code
