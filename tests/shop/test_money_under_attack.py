"""Disputes, refunds and the watch where they meet: what one does must not hide from, or harm, the other."""

from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.ledger.models import AccountKind
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import ProviderDispute, gateway
from billing.payments.models import Dispute, Payment
from billing.payments.payments import services as payment_services
from billing.payments.refunds import selectors as payment_refund_selectors
from billing.payments.refunds import services as payment_refund_services
from billing.payouts import postings
from billing.payouts.models import Payable, Payout
from billing.watch import sweeping
from billing.watch.models import Finding
from fulfilment.cases import services as case_services
from fulfilment.models import SupplierOrder
from kernel.ids import new_id
from kernel.models import Event
from kernel.tenancy import in_public
from tenants.shop.orders.models import Order
from tenants.shop.refunds import after_sales
from tenants.shop.refunds.models import OrderRefund
from tests.payouts.conftest import refuse_transfer
from tests.shop.test_disputes import dispute, hear, total
from tests.support.purchases import fill_cart, place
from tests.support.sandbox import RunningSandbox
from tests.support.world import World


def differences() -> list[str]:
    """What the sweep does not like."""
    with in_public():
        sweeping.sweep()
        return list(Finding.objects.values_list("check_name", flat=True))


def report_of(row: Dispute, **changes: object) -> ProviderDispute:
    """What the gateway reports of a dispute now, with some of it changed."""
    return replace(gateway().fetch_dispute(row.external_id), **changes)  # type: ignore[arg-type]


def test_a_dispute_is_no_difference_for_the_watch(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    opened = dispute(sandbox, paid_order)
    assert differences() == []
    sandbox.control(f"disputes/{opened.external_id}/lose")
    hear(sandbox)
    assert differences() == []


def test_money_sent_back_by_a_person_is_no_difference(shop: World, sandbox: RunningSandbox) -> None:
    order = place(shop, fill_cart(shop))
    payment = payment_services.start(payment_id=Payment.objects.get(id=order.payment_id).id)
    gateway().confirm_intent(
        payment.external_id or "", method="pm_card_visa", return_url="http://localhost/", key="c"
    )
    sandbox.change(payment.external_id or "", amount=40_000, amount_received=40_000)
    charge = sandbox.store.all("charge", None)[0]
    sandbox.change(charge["id"], amount=40_000, amount_captured=40_000)
    payment_services.sync(payment_id=payment.id)
    payment_refund_services.send_back(payment_id=payment.id, reason="wrong amount", acting_user=shop.alice)
    assert differences() == []


def test_what_the_bank_gives_back_after_the_end_is_booked(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    """Stripe reports funds_reinstated after the dispute was closed."""
    opened = dispute(sandbox, paid_order)
    with transaction.atomic():
        won = dispute_services.apply_dispute(report_of(opened, status="won"))
    assert won is not None
    assert (won.state, total(AccountKind.DISPUTED)) == ("won", -33_000)
    for _twice in range(2):
        with transaction.atomic():
            dispute_services.apply_dispute(report_of(opened, status="won", withdrawn=0))
    opened.refresh_from_db()
    assert (opened.withdrawn, total(AccountKind.DISPUTED)) == (0, 0)


def test_an_answer_locks_the_payment_before_the_dispute(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    """The event of it comes at the same moment and takes them in that order."""
    opened = dispute(sandbox, paid_order)
    with CaptureQueriesContext(connection) as queries:
        dispute_services.submit_evidence(
            dispute_id=opened.id, text="winning_evidence", acting_user=shop.alice
        )
    locks = [
        "payment" if '"payments_payment"' in query["sql"] else "dispute"
        for query in queries
        if ("FOR UPDATE" in query["sql"] or query["sql"].startswith("UPDATE"))
        and (
            'FROM "payments_payment"' in query["sql"]
            or '"payments_dispute"' in query["sql"].split("WHERE")[0]
        )
    ]
    assert locks[0] == "payment"
    opened.refresh_from_db()
    assert opened.evidence == "winning_evidence"


def test_what_comes_back_from_a_payout_waits_for_the_dispute(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    payable = Payable.objects.order_by("id")[0]
    with in_public(), transaction.atomic():
        payout = Payout.objects.create(
            supplier=payable.supplier,
            destination="acct_x",
            currency="CNY",
            gross=payable.amount,
            amount=payable.amount,
        )
        postings.post(payout, "payout.requested", payable=-payable.amount, in_flight=payable.amount)
        Payable.objects.filter(id=payable.id).update(state="in_payout", payout=payout)
    dispute(sandbox, paid_order)
    with in_public(), transaction.atomic():
        refuse_transfer(payout, "closed")
    payable.refresh_from_db()
    assert (payable.state, payable.blocked_by) == ("due", "dispute")


def test_the_end_of_one_dispute_frees_nothing_while_another_is_open(
    shop: World, paid_order: Order, sandbox: RunningSandbox
) -> None:
    first = dispute(sandbox, paid_order)
    report = report_of(first)
    with transaction.atomic():
        other = dispute_services.apply_dispute(replace(report, id="du_other"))
        dispute_services.apply_dispute(replace(report, status="won", withdrawn=0))  # type: ignore[arg-type]
    assert other is not None
    assert set(Payable.objects.values_list("blocked_by", flat=True)) == {"dispute"}
    with transaction.atomic():
        dispute_services.apply_dispute(replace(report, id="du_other", status="won", withdrawn=0))  # type: ignore[arg-type]
    assert set(Payable.objects.values_list("blocked_by", flat=True)) == {""}


def test_a_case_that_cannot_be_paid_leaves_no_half_refund(
    shop: World, paid_order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the payment is on its way back past the order, so the whole of it cannot be asked for."""
    assert paid_order.payment_id is not None
    with transaction.atomic():
        payment_refund_services.request_refund(
            payment_id=paid_order.payment_id, amount=20_000, reason="", acting_user="x", idempotency_key="x"
        )
    refusals = []
    monkeypatch.setattr(case_services, "mark_refund_failed", lambda **values: refusals.append(values))
    lamp = next(line for line in paid_order.lines.all() if line.sku == "lamp-0")
    event = Event(
        id=new_id(),
        schema=shop.tenant.schema_name,
        payload={
            "case_id": str(new_id()),
            "order_id": str(paid_order.id),
            "supplier_id": str(lamp.supplier_id),
            "units": [[str(lamp.variant_id), 1]],
            "amount": None,
            "supplier_order_id": str(SupplierOrder.objects.get(supplier_id=lamp.supplier_id).id),
            "number": "1",
            "stop_shipping": True,
        },
    )
    with transaction.atomic():
        after_sales.on_case_refund(event)
    assert len(refusals) == 1
    paid_order.refresh_from_db()
    assert (paid_order.refunded, OrderRefund.objects.count()) == (0, 0)


def test_money_that_comes_to_a_payment_given_up_waits_for_a_person(
    shop: World, sandbox: RunningSandbox
) -> None:
    """Its amount was changed at the gateway before it was paid, so it failed; then it was paid."""
    order = place(shop, fill_cart(shop))
    payment = payment_services.start(payment_id=Payment.objects.get(id=order.payment_id).id)
    sandbox.change(payment.external_id or "", amount=40_000)
    assert payment_services.sync(payment_id=payment.id).state == Payment.State.FAILED
    gateway().confirm_intent(
        payment.external_id or "", method="pm_card_visa", return_url="http://localhost/", key="c"
    )
    for _twice in range(2):
        with transaction.atomic():
            payment_services.apply_intent(
                payment_id=payment.id, intent=gateway().fetch_intent(payment.external_id or "")
            )
    assert total(AccountKind.UNAPPLIED_RECEIPT) == 40_000
    payment.refresh_from_db()
    assert payment_refund_selectors.can_be_sent_back(payment)
    payment_refund_services.send_back(payment_id=payment.id, reason="wrong amount", acting_user=shop.alice)
    assert (total(AccountKind.UNAPPLIED_RECEIPT), differences()) == (0, [])
