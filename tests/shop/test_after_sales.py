"""What happens to goods becomes money: out of stock, after-sales, vouchers whose time is over."""

from datetime import timedelta

import pytest
from time_machine import travel

from billing.payments.models import Refund
from billing.payments.payments import sandbox_cards
from billing.payments.refunds import services as payment_refund_services
from catalog.models import Product, Stock
from fulfilment.cases import services as case_services
from fulfilment.cases.services import Author
from fulfilment.models import Case, SupplierOrder, Voucher
from fulfilment.orders import services as supplier_order_services
from fulfilment.vouchers import services as voucher_services
from kernel import clock
from kernel.events import outbox
from tenants.shop.orders.models import Order
from tenants.shop.refunds.models import OrderRefund
from tests.shop.test_refunds import TOTAL, line_of
from tests.support.build import make_product
from tests.support.purchases import fill_cart, place, variant_of
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

MEMBER, SUPPLIER = Author("member", "Carol", "carol"), Author("supplier", "The farm", "farm")


@pytest.fixture
def quantities() -> dict[str, int]:
    """Two teas and a lamp."""
    return {"tea": 2, "lamp": 1}


def supplier_order_of(order: Order, supplier: str) -> SupplierOrder:
    return SupplierOrder.objects.get(order_id=order.id, supplier__code=supplier)


def relay_events() -> None:
    """Let the workers do what waits: events, and money on its way."""
    for _round in range(4):
        while outbox.relay():
            pass
        for refund in Refund.objects.exclude(state__in=["succeeded", "failed"]):
            payment_refund_services.send_refund(refund_id=refund.id)


def test_out_of_stock_after_payment_gives_that_lines_money_back(shop: World, paid_order: Order) -> None:
    part = supplier_order_of(paid_order, "farm")
    (line,) = part.lines.all()
    held = Stock.objects.get(variant_id=line.variant_id).available
    supplier_order_services.report_out_of_stock(
        supplier_order_id=part.id, lines={line.id: 1}, acting_user="farm"
    )
    relay_events()
    relay_events()
    paid_order.refresh_from_db()
    assert (paid_order.refunded, line_of(paid_order, "tea").refunded_quantity) == (9_000, 1)
    assert Stock.objects.get(variant_id=line.variant_id).available == held
    supplier_order_services.ship(
        supplier_order_id=part.id, carrier="SF", tracking_number="1", acting_user="farm"
    )
    line.refresh_from_db()
    assert (line.shipped, line.cancelled) == (1, 1)


@pytest.mark.parametrize(("amount", "back"), [(None, 22_500), (1_234, 1_234)])
def test_a_case_ends_when_its_money_has_gone(
    shop: World, paid_order: Order, amount: int | None, back: int
) -> None:
    part = supplier_order_of(paid_order, "forge")
    supplier_order_services.ship(
        supplier_order_id=part.id, carrier="SF", tracking_number="1", acting_user="forge"
    )
    relay_events()
    case = case_services.open_case(
        supplier_order_id=part.id, author=MEMBER, member_id=shop.carol.pk, wish="refund", text="Broken"
    )
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER, amount=amount)
    relay_events()
    case.refresh_from_db()
    paid_order.refresh_from_db()
    assert (case.state, case.outcome) == (Case.State.CLOSED, Case.Outcome.REFUNDED)
    assert paid_order.refunded == back
    (refund,) = OrderRefund.objects.filter(order=paid_order)
    assert not refund.stops_shipping


def test_more_than_the_goods_have_left_comes_before_the_central_team(shop: World, paid_order: Order) -> None:
    part = supplier_order_of(paid_order, "forge")
    case = case_services.open_case(
        supplier_order_id=part.id, author=MEMBER, member_id=shop.carol.pk, wish="refund", text="Broken"
    )
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER, amount=TOTAL)
    relay_events()
    case.refresh_from_db()
    paid_order.refresh_from_db()
    assert (case.state, paid_order.refunded) == (Case.State.CENTRAL, 0)


def test_what_nobody_redeemed_in_time_goes_back_to_the_cent(shop: World, sandbox: RunningSandbox) -> None:
    shop.tea = make_product(
        shop.tea.supplier,
        "massage",
        price=10_001,
        cost=5_000,
        kind=Product.Kind.VOUCHER,
        voucher={"valid_days": 30, "uses": 3, "refund_on_expiry": True},
    )
    order = place(shop, fill_cart(shop, tea=2, lamp=0))
    assert order.payment_id is not None
    sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    (line,) = order.lines.all()
    voucher = Voucher.objects.order_by("position")[0]
    voucher_services.redeem(
        supplier=voucher.supplier, code=voucher.code, uses=1, idempotency_key="1", acting_user="inn"
    )
    with travel(clock.now() + timedelta(days=31), tick=False):
        relay_events()
    line.refresh_from_db()
    assert line.variant_id == variant_of(shop.tea)
    assert line.refunded == line.paid * 5 // 6
    assert supplier_order_of(order, "farm").state == SupplierOrder.State.RECEIVED
