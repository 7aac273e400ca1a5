"""A member has trouble with goods: from the order's page to money back, past a silent supplier."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import roles
from accounts.models import User
from billing.payments.payments import sandbox_cards
from billing.payments.refunds import services as payment_refund_services
from fulfilment.models import Case, CasePicture, SupplierOrder
from kernel.events import outbox
from kernel.tenancy import in_tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tests.storefront.conftest import Shop
from tests.support.build import ADDRESS, make_user
from tests.support.questions import press_and_confirm
from tests.support.sandbox import RunningSandbox


def _picture() -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(written, "PNG")
    return SimpleUploadedFile("broken.png", written.getvalue())


@pytest.fixture
def bought(shop: Shop, sandbox: RunningSandbox) -> tuple[Client, Order]:
    """Bob has bought a pot."""
    browser = shop.member()
    with in_tenant(shop.tenant):
        bob = User.objects.get(email="bob@example.test")
        owner = CartOwner(user_id=bob.pk, device=None)
        cart_services.add_to_cart(owner=owner, variant_id=shop.pot.variants.get().pk)
        order = order_services.place_order(
            user=bob,
            ship_to=ADDRESS,
            expected_total=cart_selectors.quote(owner=owner, user=bob).total,
            idempotency_key="k",
        )
        sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    return browser, order


def _open(browser: Client, order: Order, **changes: Any) -> Any:
    part = SupplierOrder.objects.get(order_id=order.pk)
    (line,) = part.lines.all()
    address = f"/orders/{order.number}/cases/{part.pk}/"
    assert address in browser.get(f"/orders/{order.number}/").content.decode()
    assert browser.get(address).status_code == 200
    form = {"wish": "refund", "text": "It has a crack.", f"line-{line.pk}": "1", "pictures": _picture()}
    return browser.post(address, form | changes)


def test_from_the_order_to_money_back(shop: Shop, bought: tuple[Client, Order]) -> None:
    browser, order = bought
    answer = _open(browser, order)
    case = Case.objects.get()
    assert answer["Location"] == f"/cases/{case.pk}/"
    page = browser.get(f"/cases/{case.pk}/").content.decode()
    picture = CasePicture.objects.get()
    assert "It has a crack." in page
    assert browser.get(f"/cases/{case.pk}/pictures/{picture.pk}.webp")["Content-Type"] == "image/webp"
    browser.post(f"/cases/{case.pk}/act/", {"do": "refund"})  # not a member's button
    case.refresh_from_db()
    assert case.state == Case.State.SUPPLIER
    assert "请店铺裁定" in page
    press_and_confirm(browser, f"/cases/{case.pk}/act/", {"do": "escalate"})
    assert "请求最终裁定" in browser.get(f"/cases/{case.pk}/").content.decode()
    with in_tenant(shop.tenant):
        alice = make_user("alice@shop.test", role=roles.OWNER)
    operator = shop.visitor("en")
    operator.force_login(alice, backend="accounts.backends.RoleBackend")
    assert case.number in operator.get("/console/cases/").content.decode()
    assert "It has a crack." in operator.get(f"/console/cases/{case.pk}/").content.decode()
    press_and_confirm(operator, f"/console/cases/{case.pk}/", {"do": "refund", "text": "We are sorry."})
    while outbox.relay():
        pass
    with in_tenant(shop.tenant):
        order.refresh_from_db()
        payment_refund_services.send_refund(refund_id=order.refunds.get().payment_refund_id)
    while outbox.relay():
        pass
    case.refresh_from_db()
    assert (case.state, case.outcome) == (Case.State.CLOSED, Case.Outcome.REFUNDED)
    assert "We are sorry." in browser.get(f"/cases/{case.pk}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": ""}, "at most 2000 characters"),
        ({"wish": "everything"}, "Choose what you want"),
        ({"pictures": SimpleUploadedFile("a.png", b"no")}, "no picture"),
    ],
)
def test_what_cannot_be_taken_is_explained_and_nothing_lost(
    shop: Shop, bought: tuple[Client, Order], changes: dict[str, Any], words: str
) -> None:
    browser, order = bought
    browser.post("/language/", {"language": "en"})
    answer = _open(browser, order, **changes)
    assert answer.status_code == 422
    assert words.lower() in answer.content.decode().lower()
    assert changes.get("text", "It has a crack.") in answer.content.decode()
    assert not Case.objects.exists()


def test_somebody_elses_case_is_unknown(shop: Shop, bought: tuple[Client, Order]) -> None:
    browser, order = bought
    _open(browser, order)
    case = Case.objects.get()
    other = shop.member("mallory@example.test")
    assert other.get(f"/cases/{case.pk}/").status_code == 404
    assert other.post(f"/cases/{case.pk}/act/", {"do": "withdraw"}).status_code == 404
    assert other.get(f"/orders/{order.number}/cases/{case.supplier_order_id}/").status_code == 404
    case.refresh_from_db()
    assert case.state == Case.State.SUPPLIER
