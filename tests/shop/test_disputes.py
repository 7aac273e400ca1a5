"""The member's bank takes an order's money back: held while it is open, back when won, a refund when lost."""

import hashlib
from functools import cache
from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import gateway
from billing.payments.models import Dispute, Payment
from billing.payments.payments import services as payment_services
from billing.payments.refunds import selectors as payment_refund_selectors
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.models import Payable
from billing.payouts.payables import services as payable_services
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel.errors import Conflict, InvalidInput
from kernel.events import inbox, outbox
from kernel.events.queues import INBOX
from kernel.models import AuditEntry, Event
from kernel.tenancy import in_public, in_tenant
from tenants.agents.models import Earning
from tenants.shop.orders.models import Order
from tenants.shop.refunds import selectors as refund_selectors
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.models import OrderRefund
from tests.support.purchases import fill_cart, place
from tests.support.sandbox import RunningSandbox
from tests.support.volume import volume
from tests.support.world import World

FEE = 1_500


def hear(sandbox: RunningSandbox) -> None:
    with in_public():
        sandbox.deliver_all("charge.dispute.")
        inbox.handle_waiting()
    assert not Event.objects.filter(queue="inbox", handled_at=None).exists()


def dispute(sandbox: RunningSandbox, order: Order, **form: str) -> Dispute:
    charge = Payment.objects.get(id=order.payment_id).charge_id
    assert sandbox.control(f"charges/{charge}/dispute", **form) < 400
    hear(sandbox)
    return Dispute.objects.get()


def total(kind: AccountKind) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount", flat=True))


def test_an_open_dispute_holds_everything(shop: World, paid_order: Order, sandbox: RunningSandbox) -> None:
    opened = dispute(sandbox, paid_order)
    assert (opened.state, opened.amount, opened.withdrawn, opened.fee) == (
        "needs_response",
        33_000,
        33_000,
        FEE,
    )
    assert opened.respond_by is not None
    assert total(AccountKind.DISPUTED) == -33_000
    assert total(AccountKind.PSP_CLEARING) == FEE
    assert {
        earning.earn_id: earning.review_reasons for earning in Earning.objects.filter(payee__isnull=False)
    } == {
        "share": ["dispute"],
        "second": ["dispute"],
    }
    assert set(Payable.objects.values_list("blocked_by", flat=True)) == {"dispute"}
    Payable.objects.update(state="due", due_at=opened.opened_at)
    assert payable_services.request_due() == []
    with pytest.raises((InvalidInput, Conflict)):
        refund_services.refund_order(
            order_id=paid_order.id, reason="", acting_user="test", idempotency_key="k", amount=1
        )
    hear(sandbox)
    assert total(AccountKind.DISPUTED) == -33_000


def test_a_dispute_that_is_won_leaves_the_fee_with_the_shop(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    before = total(AccountKind.TENANT_MARGIN)
    opened = dispute(sandbox, paid_order)
    answered = dispute_services.submit_evidence(
        dispute_id=opened.id, text="winning_evidence", acting_user=shop.alice
    )
    hear(sandbox)
    answered.refresh_from_db()
    assert (answered.state, answered.withdrawn, answered.evidence) == ("won", 0, "winning_evidence")
    assert (total(AccountKind.DISPUTED), total(AccountKind.TENANT_MARGIN)) == (0, before - FEE)
    assert set(Payable.objects.values_list("blocked_by", flat=True)) == {""}
    assert all(not earning.review_reasons for earning in Earning.objects.all())
    paid_order.refresh_from_db()
    assert (paid_order.state, paid_order.refunded, Payment.objects.get().refunded) == (Order.State.PAID, 0, 0)
    assert AuditEntry.objects.filter(action="dispute.evidence").count() == 1
    with pytest.raises(Conflict):
        dispute_services.submit_evidence(dispute_id=opened.id, text="again", acting_user=shop.alice)


def test_a_dispute_that_is_lost_is_a_refund(shop: World, paid_order: Order, sandbox: RunningSandbox) -> None:
    opened = dispute(sandbox, paid_order)
    dispute_services.accept(dispute_id=opened.id, reason="they are right", acting_user=shop.alice)
    hear(sandbox)
    paid_order.refresh_from_db()
    row = paid_order.refunds.get()
    assert (row.state, row.cause, row.amount) == (OrderRefund.State.DONE, "dispute", 33_000)
    with translation.override("en"):
        reason = refund_selectors.refunds_of(paid_order)[0].reason
    assert reason == "the member says that the payment was not theirs"
    assert (paid_order.state, paid_order.refunded) == (Order.State.REFUNDED, 33_000)
    left = {flow.kind: flow.amount for flow in ledger_selectors.flows(paid_order.id)}
    assert left == {AccountKind.PSP_CLEARING: FEE, AccountKind.TENANT_MARGIN: -FEE}
    assert {earning.state for earning in Earning.objects.all()} == {"reversed"}
    assert {row.state for row in Payable.objects.all()} == {"cancelled"}


def test_what_was_refunded_before_the_bank_took_it_is_borne_by_the_shop(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    tea = next(line for line in paid_order.lines.all() if line.sku == "tea-0")
    refund_services.refund_order(
        order_id=paid_order.id, reason="", acting_user="test", idempotency_key="k", lines={tea.id: 1}
    )
    opened = dispute(sandbox, paid_order)
    assert (opened.amount, opened.reserved) == (24_000, 24_000)
    sandbox.control(f"disputes/{opened.external_id}/lose")
    hear(sandbox)
    paid_order.refresh_from_db()
    assert paid_order.state == Order.State.REFUNDED
    assert total(AccountKind.DISPUTED) == 0
    assert sum(ledger_selectors.sum_by_currency().values()) == 0


def test_an_inquiry_takes_no_money_and_ends_without(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    opened = dispute(sandbox, paid_order, inquiry="yes")
    assert (opened.withdrawn, opened.fee, total(AccountKind.DISPUTED)) == (0, 0, 0)
    sandbox.control(f"disputes/{opened.external_id}/win")
    hear(sandbox)
    opened.refresh_from_db()
    assert opened.state == "won"
    assert set(Payable.objects.values_list("blocked_by", flat=True)) == {""}
    assert {flow.kind for flow in ledger_selectors.flows(paid_order.id)} >= {AccountKind.PSP_CLEARING}


def state_hash() -> str:
    """All that money and orders have come to, without ids and times."""
    balances = Entry.objects.values_list(
        "account__owner_kind", "account__kind", "account__owner_id", "amount"
    )
    sums: dict[Any, int] = {}
    for *key, amount in balances:
        sums[tuple(key)] = sums.get(tuple(key), 0) + amount
    state = (
        tuple(sorted((key, amount) for key, amount in sums.items() if amount)),
        tuple(Order.objects.values_list("state", "refunded")),
        tuple(Payment.objects.values_list("state", "refunded", "problem")),
        tuple(Dispute.objects.values_list("state", "withdrawn", "reserved", "fee")),
        tuple(sorted(OrderRefund.objects.values_list("state", "cause", "amount"))),
        tuple(Earning.objects.order_by("position").values_list("state", "clawed_back", "review_reasons")),
        tuple(Payable.objects.order_by("amount").values_list("state", "amount", "cancelled", "blocked_by")),
    )
    return hashlib.sha256(repr(state).encode()).hexdigest()


@pytest.mark.volume
def test_all_orders_of_all_events_twice_over_end_in_one_state(
    shop: World, paid_order: Order, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paid, refunded in part, disputed, taken, lost: 120 orders of five pieces, the first once more.

    The suite tries the 24 orders that begin with one of them.
    """
    payment = Payment.objects.get(id=paid_order.payment_id)
    provider = gateway()
    refunds = [
        payment_refund_services.request_refund(
            payment_id=payment.id, amount=1_000, reason="", acting_user="test", idempotency_key="r"
        )
    ]
    move = provider.refund(
        intent_id=payment.external_id or "",
        amount=1_000,
        currency="CNY",
        reference=str(refunds[0].id),
        key="r",
    )
    sandbox.control(f"charges/{payment.charge_id}/dispute")
    sandbox.control(f"disputes/{sandbox.store.all('dispute', None)[0]['id']}/lose")
    topics = ("payment_intent.succeeded", "refund.updated", "charge.dispute.created")
    topics += ("charge.dispute.funds_withdrawn", "charge.dispute.closed")
    events = []
    for topic in topics:
        reported = [event for event in sandbox.events() if event["type"] == topic]
        object_id = reported[0]["data"]["object"]["id"] if reported else move.id
        events.append((topic, object_id))
    assert len(events) == 5
    # What they say no longer changes, so that one answer each is enough.
    for name in ("fetch_intent", "fetch_refund", "fetch_dispute"):
        monkeypatch.setattr(provider, name, cache(getattr(provider, name)))
    ends = set()

    def handle_event(piece: int, copy: int) -> None:
        topic, object_id = events[piece]
        with in_tenant(shop.tenant):
            event = Event.objects.create(
                queue="inbox",
                schema="public",
                source="stripe",
                external_id=f"{piece}-{copy}",
                topic=topic,
                payload={"object_id": object_id},
            )
            assert INBOX.handle(event.id, event.topic)

    def go_on(handled: tuple[int, ...]) -> None:
        if len(handled) == len(events):
            # The first of them comes once more, late.
            handle_event(handled[0], 2)
            ends.add(state_hash())
            orders_seen.append(handled)
        possible = first if not handled else range(len(events))
        for piece in sorted({*possible} - {*handled}):
            before = transaction.savepoint_create()
            handle_event(piece, 1)
            go_on((*handled, piece))
            transaction.savepoint_rollback(before)

    orders_seen: list[tuple[int, ...]] = []
    first = volume([Random(1).randrange(5)], list(range(5)))
    go_on(())
    assert len(orders_seen) == 24 * len(first)
    assert len(ends) == 1


def test_another_amount_than_asked_goes_back_by_a_person(shop: World, sandbox: RunningSandbox) -> None:
    order = place(shop, fill_cart(shop))
    payment = payment_services.start(payment_id=Payment.objects.get(id=order.payment_id).id)
    assert payment.external_id
    provider = gateway()
    provider.confirm_intent(
        payment.external_id, method="pm_card_visa", return_url="http://localhost/", key="c"
    )
    sandbox.change(payment.external_id, amount=40_000, amount_received=40_000)
    charge = sandbox.store.all("charge", None)[0]
    sandbox.change(charge["id"], amount=40_000, amount_captured=40_000)
    payment = payment_services.sync(payment_id=payment.id)
    assert (payment.state, total(AccountKind.UNAPPLIED_RECEIPT)) == (Payment.State.FAILED, 40_000)
    assert payment_refund_selectors.can_be_sent_back(payment)
    dana: User = shop.alice
    refund = payment_refund_services.send_back(payment_id=payment.id, reason="wrong amount", acting_user=dana)
    assert (refund.state, refund.amount) == ("succeeded", 40_000)
    assert (
        payment_refund_services.send_back(payment_id=payment.id, reason="again", acting_user=dana).id
        == refund.id
    )
    assert (total(AccountKind.UNAPPLIED_RECEIPT), total(AccountKind.PSP_CLEARING)) == (0, 0)
    assert AuditEntry.objects.get(action="payment.sent_back").reason == "wrong amount"
    assert not payment_refund_selectors.can_be_sent_back(payment)


@pytest.mark.parametrize("end", ["won", "lost"])
def test_goods_out_of_stock_wait_for_the_bank(
    shop: World, paid_order: Order, sandbox: RunningSandbox, end: str
) -> None:
    part = SupplierOrder.objects.get(order_id=paid_order.id, supplier__code="farm")
    (line,) = part.lines.all()
    supplier_order_services.report_out_of_stock(
        supplier_order_id=part.id, lines={line.id: 1}, acting_user="farm"
    )
    opened = dispute(sandbox, paid_order)
    relay()
    assert not paid_order.refunds.exclude(cause="dispute").exists(), "the bank has all of it"
    if end == "won":
        dispute_services.submit_evidence(
            dispute_id=opened.id, text="winning_evidence", acting_user=shop.alice
        )
    else:
        dispute_services.accept(dispute_id=opened.id, reason="they are right", acting_user=shop.alice)
    hear(sandbox)
    relay()
    caught_up = paid_order.refunds.exclude(cause="dispute")
    if end == "won":
        assert [row.amount for row in caught_up] == [9_600], "with its freight: nothing of it is sent"
    else:
        assert not caught_up.exists()
        assert (
            AuditEntry.objects.filter(action="order.refund_dropped", object_id=str(paid_order.id)).count()
            == 1
        )


def relay() -> None:
    """Hand out all that is due, in the shop's own transaction."""
    while outbox.relay():
        pass
