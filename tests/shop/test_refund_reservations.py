"""Between the request of a refund and its money nothing of it can be sent, redeemed or given back twice."""

from datetime import timedelta

import pytest
from django.db import transaction
from time_machine import travel

from billing.payments.payments import sandbox_cards
from billing.payments.refunds import services as payment_refund_services
from catalog.models import Product, Stock
from fulfilment.cases import services as case_services
from fulfilment.models import Case, RefundReservation, SupplierOrder, Voucher
from fulfilment.orders import services as supplier_order_services
from fulfilment.vouchers import selectors as voucher_selectors
from fulfilment.vouchers import services as voucher_services
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.events import outbox
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.models import OrderRefund
from tests.shop.test_after_sales import MEMBER, SUPPLIER, relay_events, supplier_order_of
from tests.shop.test_refunds import line_of
from tests.support.build import make_product
from tests.support.purchases import fill_cart, place
from tests.support.sandbox import RunningSandbox
from tests.support.world import World


@pytest.fixture
def quantities() -> dict[str, int]:
    """Two teas and a lamp."""
    return {"tea": 2, "lamp": 1}


def request_refund(order: Order, key: str = "k", **what: object) -> OrderRefund:
    """Ask for a refund whose money has not gone yet."""
    with transaction.atomic():
        return refund_services.request_refund(
            order_id=order.id,
            reason="too late",
            acting_user="alice",
            idempotency_key=key,
            **what,  # type: ignore[arg-type]
        )


def _spa(shop: World, uses: int = 2) -> tuple[Order, Voucher]:
    shop.tea = make_product(
        shop.tea.supplier,
        "massage",
        price=10_000,
        cost=5_000,
        kind=Product.Kind.VOUCHER,
        voucher={"valid_days": 30, "uses": uses, "refund_on_expiry": True},
    )
    order = place(shop, fill_cart(shop, tea=1, lamp=0))
    assert order.payment_id is not None
    sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    order.refresh_from_db()
    return order, Voucher.objects.get(order_id=order.id)


def _redeem(voucher: Voucher, uses: int = 1, key: str = "1") -> None:
    voucher_services.redeem(
        supplier=voucher.supplier, code=voucher.code, uses=uses, idempotency_key=key, acting_user="inn"
    )


def test_what_is_being_refunded_is_not_sent_and_goes_on_when_the_gateway_refuses(
    shop: World, paid_order: Order
) -> None:
    part, tea = supplier_order_of(paid_order, "farm"), line_of(paid_order, "tea")
    refund = request_refund(paid_order, lines={tea.id: 2})
    with pytest.raises(Conflict):
        supplier_order_services.ship(
            supplier_order_id=part.id, carrier="SF", tracking_number="1", acting_user="farm"
        )
    (line,) = part.lines.all()
    with pytest.raises(InvalidInput):
        supplier_order_services.report_out_of_stock(
            supplier_order_id=part.id, lines={line.id: 1}, acting_user="farm"
        )
    assert refund.payment_refund_id is not None
    payment_refund_services.fail_refund(refund_id=refund.payment_refund_id, error="no money at the gateway")
    payment_refund_services.fail_refund(refund_id=refund.payment_refund_id, error="no money at the gateway")
    supplier_order_services.ship(
        supplier_order_id=part.id, carrier="SF", tracking_number="1", acting_user="farm"
    )
    line.refresh_from_db()
    assert (line.shipped, line.refunding, line.cancelled) == (2, 0, 0)
    assert not RefundReservation.objects.exists()


def test_the_rest_can_be_sent_while_a_unit_is_on_hold(shop: World, paid_order: Order) -> None:
    part, tea = supplier_order_of(paid_order, "farm"), line_of(paid_order, "tea")
    before = Stock.objects.get(variant_id=tea.variant_id).available
    request_refund(paid_order, lines={tea.id: 1})
    supplier_order_services.ship(
        supplier_order_id=part.id, carrier="SF", tracking_number="1", acting_user="farm"
    )
    part.refresh_from_db()
    assert part.state == SupplierOrder.State.TO_SHIP  # the held unit may still have to be sent
    relay_events()
    part.refresh_from_db()
    (line,) = part.lines.all()
    assert (part.state, line.shipped, line.cancelled, line.refunding) == (
        SupplierOrder.State.SHIPPED,
        1,
        1,
        0,
    )
    assert Stock.objects.get(variant_id=tea.variant_id).available == before + 1


def test_a_voucher_is_not_redeemed_while_its_money_goes_back(shop: World, sandbox: RunningSandbox) -> None:
    order, voucher = _spa(shop)
    (line,) = order.lines.all()
    refund = request_refund(order, lines={line.id: 1})
    with pytest.raises(Conflict):
        _redeem(voucher)
    voucher.refresh_from_db()
    assert voucher_selectors.state_of(voucher) == "refunded"
    assert refund.payment_refund_id is not None
    payment_refund_services.fail_refund(refund_id=refund.payment_refund_id, error="no")
    _redeem(voucher)
    voucher.refresh_from_db()
    assert (voucher.left, voucher.redeemed) == (1, 1)


def test_a_redemption_is_not_taken_back_once_the_voucher_is_refunded(
    shop: World, sandbox: RunningSandbox
) -> None:
    order, voucher = _spa(shop)
    (line,) = order.lines.all()
    _redeem(voucher)
    request_refund(order, lines={line.id: 1})
    redemption = voucher.redemptions.get()
    with pytest.raises(Conflict):
        voucher_services.undo_redemption(
            supplier=voucher.supplier, redemption_id=redemption.pk, acting_user="inn"
        )
    assert supplier_order_of(order, "farm").state == SupplierOrder.State.SHIPPED
    relay_events()
    voucher.refresh_from_db()
    assert (voucher.redeemed, voucher.refunded, voucher.refunding) == (1, 1, 0)
    assert supplier_order_of(order, "farm").state == SupplierOrder.State.RECEIVED


def test_a_voucher_that_ran_out_on_hold_is_refunded_once(shop: World, sandbox: RunningSandbox) -> None:
    order, voucher = _spa(shop)
    (line,) = order.lines.all()
    refund = request_refund(order, lines={line.id: 1})
    assert refund.payment_refund_id is not None
    with travel(clock.now() + timedelta(days=31), tick=False):
        with transaction.atomic():
            voucher_services.expire_vouchers(supplier_order_id=supplier_order_of(order, "farm").id)
        voucher.refresh_from_db()
        assert (voucher.refunding, voucher.refunded) == (2, 0)
        payment_refund_services.fail_refund(refund_id=refund.payment_refund_id, error="no")
        relay_events()
    order.refresh_from_db()
    line.refresh_from_db()
    assert line.refunded == line.paid
    assert order.refunded == line.paid


def test_a_case_holds_its_goods_from_the_moment_of_the_agreement(shop: World, paid_order: Order) -> None:
    part = supplier_order_of(paid_order, "forge")
    case = case_services.open_case(
        supplier_order_id=part.id, author=MEMBER, member_id=shop.carol.pk, wish="refund", text="Too late"
    )
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER)
    with pytest.raises(Conflict):
        supplier_order_services.ship(
            supplier_order_id=part.id, carrier="SF", tracking_number="1", acting_user="forge"
        )
    relay_events()
    case.refresh_from_db()
    part.refresh_from_db()
    paid_order.refresh_from_db()
    assert (case.outcome, part.state) == (Case.Outcome.REFUNDED, SupplierOrder.State.CANCELLED)
    # Nothing of this supplier will come: its freight goes back with the goods.
    assert paid_order.refunded == 22_500 + paid_order.freight_by_supplier[str(part.supplier_id)]


def test_a_case_whose_money_the_gateway_refuses_comes_before_the_central_team_and_can_be_paid_then(
    shop: World, paid_order: Order
) -> None:
    part = supplier_order_of(paid_order, "forge")
    case = case_services.open_case(
        supplier_order_id=part.id, author=MEMBER, member_id=shop.carol.pk, wish="refund", text="Too late"
    )
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER)
    while outbox.relay():
        pass
    (refund,) = OrderRefund.objects.filter(order=paid_order)
    assert refund.payment_refund_id is not None
    payment_refund_services.fail_refund(refund_id=refund.payment_refund_id, error="no money at the gateway")
    while outbox.relay():
        pass
    case.refresh_from_db()
    assert case.state == Case.State.CENTRAL
    assert not RefundReservation.objects.exists()
    case_services.offer_refund(
        case_id=case.pk, author=case_services.Author("central", "Central team", "central")
    )
    relay_events()
    case.refresh_from_db()
    assert case.outcome == Case.Outcome.REFUNDED


def test_a_case_about_goods_that_were_refunded_meanwhile_comes_before_the_central_team(
    shop: World, paid_order: Order
) -> None:
    part, lamp = supplier_order_of(paid_order, "forge"), line_of(paid_order, "lamp")
    case = case_services.open_case(
        supplier_order_id=part.id, author=MEMBER, member_id=shop.carol.pk, wish="refund", text="Too late"
    )
    refund_services.refund_order(
        order_id=paid_order.id,
        reason="kind",
        acting_user="alice",
        idempotency_key="k",
        lines={lamp.id: 1},
        freight={part.supplier_id: paid_order.freight_by_supplier[str(part.supplier_id)]},
    )
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER)
    relay_events()
    case.refresh_from_db()
    assert case.state == Case.State.CENTRAL


def test_a_returned_unit_does_not_stop_another_that_waits(shop: World, paid_order: Order) -> None:
    part = supplier_order_of(paid_order, "farm")
    (line,) = part.lines.all()
    sent = {"carrier": "SF", "tracking_number": "1", "acting_user": "farm"}
    supplier_order_services.ship(supplier_order_id=part.id, contents={line.id: 1}, **sent)
    case = case_services.open_case(
        supplier_order_id=part.id,
        author=MEMBER,
        member_id=shop.carol.pk,
        wish="return",
        text="Broken",
        units={line.id: 1},
    )
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER)
    relay_events()
    line.refresh_from_db()
    assert (line.shipped, line.waiting, line.cancelled) == (1, 1, 0)


def test_freight_goes_back_when_a_supplier_has_nothing_to_send(shop: World, paid_order: Order) -> None:
    part = supplier_order_of(paid_order, "farm")
    (line,) = part.lines.all()
    freight = paid_order.freight_by_supplier[str(part.supplier_id)]
    supplier_order_services.report_out_of_stock(
        supplier_order_id=part.id, lines={line.id: 2}, acting_user="farm"
    )
    relay_events()
    paid_order.refresh_from_db()
    assert (paid_order.refunded, paid_order.freight_refunded) == (18_000 + freight, freight)
