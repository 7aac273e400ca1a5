"""Refunds that were made on the provider's own pages: taken in once, beside those on their way from here."""

from billing.payments import records
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import Move, MoveStatus
from billing.payments.payments.models import Payment
from billing.payments.refunds import services
from billing.payments.refunds.models import Refund
from billing.payments.refunds.selectors import unapplied_left
from kernel import audit
from kernel.calls.errors import NoClearAnswer

REASON = "made on the payment provider's own pages"


def take_in(*, gateway_name: str, move: Move) -> Refund | None:
    """Take a refund in that was made on the provider's own pages, once. Must run in a transaction.

    What it takes from whom is the purpose's answer; what the disputes of its payment reserve gives way to it,
    and so do refunds of ours that cannot be any more. None where the payment is not ours.

    Raises NoClearAnswer while one of ours is going to be refused and nobody knows yet which.
    """
    payment_id = (
        Payment.objects.filter(gateway=gateway_name, external_id=move.payment_external_id or None)
        .values_list("id", flat=True)
        .first()
    )
    if payment_id is None:
        return None
    payment = records.lock_payment(payment_id)
    list(payment.disputes.select_for_update().order_by("id"))
    refund = payment.refunds.filter(external_id=move.id).first()
    if refund is None:
        refund = _write(payment, move)
        _make_room(refund, move)
    is_unapplied, applied = refund.is_unapplied, services.apply_refund(refund_id=refund.id, move=move)
    rest = unapplied_left(payment) if is_unapplied else 0
    if rest and not payment.refunds.filter(is_unapplied=True, state__in=Refund.OPEN).exists():
        # Nobody would ask again for the rest of it.
        services.write_unapplied(
            payment,
            amount=rest,
            currency=move.currency,
            reason=REASON,
            requested_by=gateway_name,
            key=f"{services.UNAPPLIED}:{applied.id}",
        )
        dispute_services.follow_refunds(payment)
    return applied


def _write(payment: Payment, move: Move) -> Refund:
    refund = Refund.objects.create(
        payment=payment,
        external_id=move.id,
        amount=move.amount,
        currency=move.currency,
        reason=REASON,
        requested_by=payment.gateway,
        is_foreign=True,
        is_unapplied=unapplied_left(payment) > 0,
        idempotency_key=f"{payment.gateway}:{move.id}",
    )
    audit.record(
        "payment.foreign_refund",
        actor=payment.gateway,
        object_type="payments.payment",
        object_id=payment.id,
        object_label=payment.description,
        changes={"amount": move.amount, "currency": move.currency, "refund": str(refund.id)},
        reason=REASON,
        schema=payment.schema,
    )
    dispute_services.follow_refunds(payment)
    return refund


def _make_room(foreign: Refund, move: Move) -> None:
    """Give up refunds of ours that are more than ``foreign`` leaves: they can only be refused."""
    if move.status == MoveStatus.FAILED:
        return
    others = foreign.payment.refunds.exclude(id=foreign.id)
    sent = sum(row.amount for row in others.filter(state=Refund.State.SUCCEEDED))
    left = foreign.payment.amount - sent - foreign.amount
    for refund_id in others.filter(state__in=Refund.OPEN, amount__gt=left).values_list("id", flat=True):
        services.fail_refund(refund_id=refund_id, error="too little is left: it went back elsewhere")
    if sum(row.amount for row in others.filter(state__in=Refund.OPEN)) > max(left, 0):
        raise NoClearAnswer("other refunds of this payment are on their way", "not_finished")
