"""Carts and unpaid orders: nothing is lost, kept from others for long, or gone by a slip."""

import re
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from accounts import roles
from accounts.models import User
from catalog.models import Product, Stock
from kernel.tenancy import in_public, in_tenant
from tenants.shop.cart.models import MAX_LINES, Cart, CartLine
from tenants.shop.orders import services as order_services
from tenants.shop.orders.checkout import MOST_UNPAID_ORDERS
from tenants.shop.orders.models import Order
from tests.storefront.conftest import Shop
from tests.storefront.test_buying import ADDRESS, Fields, bought, order, place, put
from tests.support.build import make_user
from tests.support.questions import press_and_confirm
from tests.support.sandbox import RunningSandbox

__all__ = ["bought"]


def in_cart(shop: Shop) -> dict[str, int]:
    """Return how many units of each product lie in the only member's cart."""
    with in_tenant(shop.tenant):
        rows = dict(CartLine.objects.filter(cart__user__isnull=False).values_list("variant_id", "quantity"))
    with in_public():
        names = dict(Product.objects.filter(variants__in=rows).values_list("variants", "handle"))
    return {names[variant]: quantity for variant, quantity in rows.items()}


def leave(product: Product, units: int) -> None:
    """Leave so many units of a product's variants."""
    Stock.objects.filter(variant__product=product).update(available=units)


def test_who_cancels_is_asked_once_with_the_sum_and_has_the_goods_again(bought) -> None:
    shop, browser, placed = bought
    path = f"/orders/{placed.number}/cancel/"
    page = browser.post(path)
    assert f"{placed.total // 100}<" in page.content.decode()
    assert order(shop).state == Order.State.PLACED
    assert browser.post(path, {"confirmed": "something else"}).status_code == 200
    assert order(shop).state == Order.State.PLACED
    assert press_and_confirm(browser, path)["Location"] == f"/orders/{placed.number}/"
    assert order(shop).state == Order.State.CANCELLED
    assert in_cart(shop) == {"tea": 1, "pot": 1}


def test_an_order_that_lapsed_goes_back_into_the_cart_by_one_click_however_often(bought) -> None:
    shop, browser, placed = bought
    with in_tenant(shop.tenant), transaction.atomic():
        order_services.expire_order(order_id=placed.pk)
    page = browser.get(f"/orders/{placed.number}/").content.decode()
    assert f"/orders/{placed.number}/again/" in page
    for _click in range(2):
        assert browser.post(f"/orders/{placed.number}/again/")["Location"] == "/cart/"
    assert in_cart(shop) == {"tea": 1, "pot": 1}


def test_what_ones_own_unpaid_order_has_is_not_sold_out_but_named(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    leave(shop.pot, 1)
    browser = shop.member()
    put(browser, shop.pot)
    place(browser)
    number = order(shop).number
    page = browser.get("/p/smith/pot/").content.decode()
    assert f"/orders/{number}/" in page
    with in_tenant(shop.tenant):
        owner = Cart.objects.get()
        CartLine.objects.create(id=uuid4(), cart=owner, variant_id=shop.pot.variants.get().pk, quantity=1)
    cart = browser.get("/cart/").content.decode()
    assert number in cart
    assert "已售罄" not in cart
    assert f"/orders/{number}/" in browser.get("/checkout/").content.decode()
    stranger = shop.visitor().get("/p/smith/pot/").content.decode()
    assert number not in stranger


def test_a_second_window_leads_to_the_order_of_the_first(shop: Shop, sandbox: RunningSandbox) -> None:
    browser = shop.member()
    put(browser, shop.tea)
    first, second = browser.get("/checkout/"), browser.get("/checkout/")
    assert browser.post("/checkout/", {**Fields(first).values, **ADDRESS}).status_code == 302
    answer = browser.post("/checkout/", {**Fields(second).values, **ADDRESS})
    assert answer["Location"] == f"/orders/{order(shop).number}/"
    assert f"/orders/{order(shop).number}/" in browser.get("/cart/").content.decode()


@pytest.mark.slow
def test_unpaid_orders_of_one_person_are_limited_and_an_operator_frees_them(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    browser = shop.member()
    for _order in range(MOST_UNPAID_ORDERS):
        put(browser, shop.tea)
        assert place(browser).status_code == 302
    put(browser, shop.tea)
    refused = place(browser)
    assert refused.status_code == 409
    assert f"已有 {MOST_UNPAID_ORDERS} 笔订单等待付款" in refused.content.decode()
    assert in_cart(shop) == {"tea": 1}
    console = shop.visitor()
    with in_tenant(shop.tenant):
        owner = make_user("owner@example.test", role=roles.OWNER)
        console.force_login(owner, backend="accounts.backends.RoleBackend")
    answer = press_and_confirm(console, f"/console/orders/{order(shop).pk}/cancel/")
    assert answer.status_code == 302
    assert order(shop).state == Order.State.CANCELLED
    assert place(browser).status_code == 302


@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}])
def test_what_was_taken_out_of_the_cart_is_put_back_once(shop: Shop, headers: dict[str, str]) -> None:
    browser = shop.visitor()
    put(browser, shop.tea, shop.tea, shop.pot)
    with in_tenant(shop.tenant):
        line = CartLine.objects.get(variant_id=shop.tea.variants.order_by("position")[0].pk)
    answer = browser.post(f"/cart/lines/{line.pk}/", {"quantity": "0"}, **headers)
    page = answer if answer.status_code == 200 else browser.get(answer["Location"])
    text = page.content.decode()
    assert "放回去" in text
    form = text.split('action="/cart/add/"')[1].split("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    for _press in range(2):
        assert browser.post("/cart/add/", fields)["Location"] == "/cart/"
    with in_tenant(shop.tenant):
        assert CartLine.objects.get(variant_id=line.variant_id).quantity == 2


def test_buy_now_buys_that_alone_and_leaves_the_cart(shop: Shop, sandbox: RunningSandbox) -> None:
    browser = shop.member()
    put(browser, shop.pot)
    page = browser.get("/p/farm/tea/")
    answer = browser.post("/cart/add/", {**Fields(page).values, "quantity": "3", "then": "checkout"})
    checkout = browser.get(answer["Location"])
    assert in_cart(shop) == {"pot": 1}
    assert browser.post("/checkout/", {**Fields(checkout).values, **ADDRESS}).status_code == 302
    with in_tenant(shop.tenant):
        (line,) = order(shop).lines.all()
        assert (line.product_id, line.quantity) == (shop.tea.pk, 3)
    assert in_cart(shop) == {"pot": 1}


def test_a_cart_that_has_grown_too_large_by_signing_in_says_so_and_loses_nothing(shop: Shop) -> None:
    shop.member()
    browser = shop.visitor()
    put(browser, shop.tea)
    with in_tenant(shop.tenant):
        member = Cart.objects.create(user=User.objects.get(email="bob@example.test"))
        CartLine.objects.bulk_create(
            CartLine(cart=member, variant_id=uuid4(), quantity=1) for _line in range(MAX_LINES)
        )
    browser.post("/account/login/", {"login": "bob@example.test", "password": "secret-pass-1"})
    page = browser.get("/cart/").content.decode()
    assert str(MAX_LINES + 1) in page
    with in_tenant(shop.tenant):
        assert member.lines.count() == MAX_LINES + 1


def test_another_persons_order_is_neither_ordered_again_nor_cancelled(bought) -> None:
    shop, _browser, placed = bought
    other: Client = shop.member("eve@example.test")
    for way in ("again", "cancel", "receive"):
        assert other.post(f"/orders/{placed.number}/{way}/").status_code == 404
    assert order(shop).state == Order.State.PLACED
