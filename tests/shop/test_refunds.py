"""Refunds whole, by line, by amount and of freight: what everybody gives back, and what stays untouched.

Carol buys two teas (farm, 100.00 less 10 %) and a lamp (forge, 250.00 less 10 %); Bob earns 8 %, Alice 3 %.
"""

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payments.models import Payment, Refund
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.models import Payable
from catalog.models import Stock
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel.errors import Conflict, InvalidInput
from kernel.events import outbox
from kernel.models import Event
from tenants.agents.models import Earning, Sale
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.models import OrderRefund
from tests.support.purchases import variant_of
from tests.support.refused import refused_by
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

TOTAL = 18_000 + 22_500 + 600 + 900


@pytest.fixture
def quantities() -> dict[str, int]:
    """Two teas and a lamp."""
    return {"tea": 2, "lamp": 1}


def give(order: Order, shop: World, key: str = "k", **what: Any) -> OrderRefund:
    return refund_services.refund_order(
        order_id=order.id, reason="broken", acting_user=shop.alice, idempotency_key=key, **what
    )


def balance(order: Order, owner_kind: str, kind: AccountKind) -> int:
    return sum(
        flow.amount
        for flow in ledger_selectors.flows(order.id)
        if (flow.owner_kind, flow.kind) == (owner_kind, kind)
    )


def line_of(order: Order, handle: str) -> OrderLine:
    return next(line for line in order.lines.all() if line.sku == f"{handle}-0")


def taken(order: Order) -> dict[str, int]:
    return dict(Earning.objects.filter(sale_id=order.id).values_list("earn_id", "clawed_back"))


def ship(order: Order, supplier: str) -> None:
    part = SupplierOrder.objects.get(order_id=order.id, supplier__code=supplier)
    supplier_order_services.ship(
        supplier_order_id=part.id, carrier="SF", tracking_number=f"SF{part.number}", acting_user="test"
    )
    while outbox.relay():
        pass


def test_a_line_gives_back_its_own_and_nothing_else(shop: World, paid_order: Order) -> None:
    tea = line_of(paid_order, "tea")
    done = give(paid_order, shop, lines={tea.id: 1})
    assert (done.state, done.amount) == (OrderRefund.State.DONE, 9_000)
    assert taken(paid_order) == {"share": 720, "second": 270, "margin": 9_000 - 5_000 - 90 - 720 - 270}
    payables = {row.supplier.code: row for row in Payable.objects.filter(order_id=paid_order.id)}
    assert (payables["farm"].amount, payables["farm"].cancelled) == (5_000 + 600, 5_000)
    assert payables["forge"].amount == 15_000 + 900
    assert balance(paid_order, "platform", AccountKind.PLATFORM_FEE) == 405 - 90
    assert balance(paid_order, "platform", AccountKind.PSP_CLEARING) == -(TOTAL - 9_000)
    assert sum(flow.amount for flow in ledger_selectors.flows(paid_order.id)) == 0
    paid_order.refresh_from_db()
    tea.refresh_from_db()
    assert (paid_order.state, paid_order.refunded) == (Order.State.PAID, 9_000)
    assert (tea.refunded, tea.refunded_quantity) == (9_000, 1)
    assert Sale.objects.get(pk=paid_order.id).refunded == 9_000
    assert Stock.objects.get(variant_id=variant_of(shop.tea)).available == 9
    assert Stock.objects.get(variant_id=variant_of(shop.lamp)).available == 4
    payload = Event.objects.get(topic=refund_services.REFUNDED).payload
    assert payload == {
        "order_id": str(paid_order.id),
        "refund_id": str(done.id),
        "amount": 9_000,
        "is_whole": False,
    }


@pytest.mark.parametrize("shipped", [False, True])
@pytest.mark.slow
def test_many_ways_in_many_steps_leave_nothing(shop: World, paid_order: Order, shipped: bool) -> None:
    if shipped:
        ship(paid_order, "farm")
        ship(paid_order, "forge")
    tea, lamp = line_of(paid_order, "tea"), line_of(paid_order, "lamp")
    steps: list[dict[str, Any]] = [
        {"amount": 777},
        {"line_amounts": {lamp.id: 1_001}},
        {"lines": {tea.id: 1}, "freight": 333},
        {"freight": 1},
        {"amount": 5_000, "freight": 100},
    ]
    for number, step in enumerate(steps):
        assert give(paid_order, shop, key=str(number), **step).state == OrderRefund.State.DONE
        assert sum(flow.amount for flow in ledger_selectors.flows(paid_order.id)) == 0
    paid_order.refresh_from_db()
    assert paid_order.state == (Order.State.SHIPPED if shipped else Order.State.PAID)
    last = give(paid_order, shop, key="rest")
    paid_order.refresh_from_db()
    assert (paid_order.state, paid_order.refunded) == (Order.State.REFUNDED, TOTAL)
    assert last.amount == TOTAL - sum(row.amount for row in paid_order.refunds.exclude(id=last.id))
    assert ledger_selectors.flows(paid_order.id) == []
    assert {row.left for row in Earning.objects.filter(sale_id=paid_order.id)} == {0}
    assert {row.state for row in Earning.objects.filter(sale_id=paid_order.id)} == {"reversed"}
    assert all(line.refunded == line.paid for line in paid_order.lines.all())
    assert all(line.refunded_quantity == line.quantity for line in paid_order.lines.all())
    assert {row.state for row in Payable.objects.filter(order_id=paid_order.id)} == {"cancelled"}
    expected = (8, 4) if shipped else (10, 5)
    assert expected == tuple(
        Stock.objects.get(variant_id=variant_of(product)).available for product in (shop.tea, shop.lamp)
    )
    with pytest.raises(Conflict):
        give(paid_order, shop, key="more", amount=1)


def test_more_than_is_left_is_refused_and_changes_nothing(shop: World, paid_order: Order) -> None:
    tea, lamp = line_of(paid_order, "tea"), line_of(paid_order, "lamp")
    give(paid_order, shop, lines={tea.id: 1})
    counts = ledger_selectors.counts()
    wrong: list[dict[str, Any]] = [
        {"lines": {tea.id: 2}},
        {"lines": {tea.id: 0}},
        {"lines": {UUID(int=1): 1}},
        {"line_amounts": {lamp.id: 22_501}},
        {"lines": {lamp.id: 1}, "line_amounts": {lamp.id: 1}},
        {"amount": TOTAL - 9_000 + 1},
        {"amount": 0},
        {"amount": -5},
        {"freight": 1_501},
        {"lines": {lamp.id: 1}, "amount": 5},
    ]
    for number, what in enumerate(wrong):
        with pytest.raises(InvalidInput):
            give(paid_order, shop, key=f"wrong {number}", **what)
    assert ledger_selectors.counts() == counts
    assert paid_order.refunds.count() == 1
    for change in ({"refunded": TOTAL + 1}, {"freight_refunded": 1_501, "refunded": 9_000}):
        with refused_by("order_refund_bounded"), transaction.atomic():
            Order.objects.filter(pk=paid_order.pk).update(**change)
    for change in ({"refunded": 18_001}, {"refunded_quantity": 3}):
        with refused_by("order_line_refund_bounded"), transaction.atomic():
            OrderLine.objects.filter(pk=tea.pk).update(**change)


def test_the_same_key_is_the_same_refund(shop: World, paid_order: Order) -> None:
    tea = line_of(paid_order, "tea")
    first = give(paid_order, shop, lines={tea.id: 1})
    assert give(paid_order, shop, lines={tea.id: 1}).id == first.id
    with pytest.raises(Conflict):
        give(paid_order, shop, lines={tea.id: 2})
    assert Refund.objects.count() == 1


def test_what_the_gateway_refuses_puts_everything_back(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    before = ledger_selectors.flows(paid_order.id)
    with transaction.atomic():
        refund = refund_services.request_refund(
            order_id=paid_order.id, reason="", acting_user="test", idempotency_key="k", amount=10_000
        )
        assert refund.payment_refund_id is not None
        payment_refund_services.fail_refund(
            refund_id=refund.payment_refund_id, error="no money at the gateway"
        )
    refund.refresh_from_db()
    paid_order.refresh_from_db()
    assert (refund.state, refund.last_error) == (OrderRefund.State.FAILED, "no money at the gateway")
    assert (paid_order.refunded, paid_order.freight_refunded) == (0, 0)
    assert {(line.refunded, line.refunded_quantity) for line in paid_order.lines.all()} == {(0, 0)}
    assert ledger_selectors.flows(paid_order.id) == before
    again = give(paid_order, shop, amount=10_000)
    assert (again.state, again.id != refund.id) == (OrderRefund.State.DONE, True)


def test_an_answer_that_was_lost_refunds_once(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    sandbox.break_next("/v1/refunds")
    refund = give(paid_order, shop, lines={line_of(paid_order, "lamp").id: 1})
    assert refund.state == OrderRefund.State.REQUESTED
    assert taken(paid_order) == {"share": 0, "second": 0, "margin": 0}
    Refund.objects.update(next_try_at=refund.created_at)
    assert payment_refund_services.sweep_refunds() == 1
    refund.refresh_from_db()
    assert refund.state == OrderRefund.State.DONE
    assert [thing["amount"] for thing in sandbox.store.all("refund", None)] == [22_500]
    assert taken(paid_order)["share"] == 1_800


def test_a_refund_the_central_team_made_takes_the_earnings_too(shop: World, paid_order: Order) -> None:
    assert paid_order.payment_id is not None
    with transaction.atomic():
        money = payment_refund_services.request_refund(
            payment_id=paid_order.payment_id,
            amount=4_200,
            reason="",
            acting_user="central",
            idempotency_key="c",
        )
    payment_refund_services.send_refund(refund_id=money.id)
    row = paid_order.refunds.get()
    assert (row.state, row.amount) == (OrderRefund.State.DONE, 4_200)
    assert ledger_selectors.flows(paid_order.id)[0].amount == -(TOTAL - 4_200)


def test_what_a_supplier_was_paid_becomes_its_debt_in_part(shop: World, paid_order: Order) -> None:
    ship(paid_order, "farm")
    payable = Payable.objects.get(order_id=paid_order.id, supplier__code="farm")
    assert payable.state == Payable.State.DUE
    # As after its payout.
    Payable.objects.filter(pk=payable.pk).update(state="waiting")
    give(paid_order, shop, key="1", lines={line_of(paid_order, "tea").id: 1})
    payable.refresh_from_db()
    assert (payable.amount, payable.cancelled, payable.clawed_back) == (5_600, 5_000, 0)


def test_an_order_goes_on_when_what_was_missing_is_refunded(shop: World, paid_order: Order) -> None:
    ship(paid_order, "farm")
    give(paid_order, shop, lines={line_of(paid_order, "lamp").id: 1}, freight=900)
    while outbox.relay():
        pass
    paid_order.refresh_from_db()
    assert paid_order.state == Order.State.SHIPPED
    assert Payment.objects.get(id=paid_order.payment_id).refunded == 22_500 + 900
