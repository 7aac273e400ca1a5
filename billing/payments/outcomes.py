"""What follows from what a gateway says. Everything here runs inside one transaction of the caller.

States only move forward: what is final stays, whatever comes late. An amount or a currency that differs
from ours is never accepted: it is written down as a problem for the central team.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _
from django_tenants.postgresql_backend.base import FakeTenant

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payments.gateway import Intent, IntentStatus, Move, MoveStatus
from billing.payments.models import Payment, Refund
from billing.payments.purposes import PaidTooLate, purpose_of
from kernel import clock
from kernel.errors import NotFound
from kernel.tenancy import in_tenant

logger = logging.getLogger(__name__)

STATES = {
    IntentStatus.WAITING: Payment.State.CREATED,
    IntentStatus.REQUIRES_ACTION: Payment.State.REQUIRES_ACTION,
    IntentStatus.PROCESSING: Payment.State.PROCESSING,
    IntentStatus.SUCCEEDED: Payment.State.SUCCEEDED,
    IntentStatus.CANCELLED: Payment.State.CANCELLED,
}
LOOK_AGAIN = timedelta(seconds=60), timedelta(hours=6)
TOO_LATE = "too-late"
CONTRADICTIONS: dict[tuple[str, MoveStatus], str] = {
    (Refund.State.SUCCEEDED, MoveStatus.FAILED): "failed after it had succeeded",
    (Refund.State.FAILED, MoveStatus.SUCCEEDED): "went out after it had failed: it has to be booked",
}
"""News of a refund that is final here: nothing is done by itself, a person looks."""


def locked_payment(payment_id: UUID) -> Payment:
    """Return the payment with its row locked. Payments come before refunds and before the orders they pay."""
    payment = Payment.objects.select_for_update().filter(id=payment_id).first()
    if payment is None:
        raise NotFound(_("there is no such payment"), field="payment", value=payment_id)
    return payment


def apply_intent(*, payment_id: UUID, intent: Intent) -> Payment:
    """Bring a payment to where the gateway has it, and do what its purpose wants done."""
    payment = locked_payment(payment_id)
    if intent.id == payment.replaces:
        if intent.status in {IntentStatus.WAITING, IntentStatus.CANCELLED}:
            return payment
        if payment.external_id is None and payment.state not in Payment.FINAL:
            # It is being paid where it was placed before: there it stays.
            payment.payer, payment.replaces = "", ""
    if payment.external_id not in (None, intent.id):
        _report(payment, f"another intent of the gateway bears this reference: {intent.id}")
        payment.save(update_fields=["problem"])
        return payment
    payment.external_id, payment.charge_id = intent.id, intent.charge_id or payment.charge_id
    if payment.state in Payment.FINAL:
        if intent.status == IntentStatus.SUCCEEDED and payment.state != Payment.State.SUCCEEDED:
            # Once, however often it is told: it waits for a person to send it back.
            _unapply(payment, intent.received, intent.currency)
            if payment.state == Payment.State.CANCELLED:
                _report(payment, "the gateway charged it after it was cancelled")
        payment.save(update_fields=["external_id", "charge_id", "problem"])
        return payment
    payment.client_secret = intent.client_secret or payment.client_secret
    payment.next_action_url = intent.next_action_url
    payment.last_error, payment.error_code = intent.error[:300], intent.error_code[:60]
    age = clock.now() - payment.created_at
    payment.next_check_at = clock.now() + min(max(LOOK_AGAIN[0], age / 2), LOOK_AGAIN[1])
    if (intent.amount, intent.currency) != (payment.amount, payment.currency) or (
        intent.status == IntentStatus.SUCCEEDED and intent.received != payment.amount
    ):
        _refuse(payment, intent)
    else:
        payment.state = STATES[intent.status]
        if payment.state == Payment.State.SUCCEEDED:
            payment.succeeded_at, payment.last_error, payment.error_code = clock.now(), "", ""
    payment.save()
    if payment.state == Payment.State.SUCCEEDED:
        _paid(payment)
    elif payment.state in Payment.FINAL:
        failed = purpose_of(payment.purpose).failed
        if failed is not None:
            with in_tenant(FakeTenant(schema_name=payment.schema)):
                failed(payment)
    return payment


def _paid(payment: Payment) -> None:
    try:
        with in_tenant(FakeTenant(schema_name=payment.schema)):
            purpose_of(payment.purpose).paid(payment)
    except PaidTooLate as reason:
        logger.warning("paid too late, the money goes back", extra={"payment": str(payment.id)})
        _unapply(payment, payment.amount, payment.currency)
        write_refund(
            payment,
            amount=payment.amount,
            reason=f"paid too late: {reason}",
            requested_by="payments",
            key=TOO_LATE,
            is_unapplied=True,
        )


def _refuse(payment: Payment, intent: Intent) -> None:
    if intent.status == IntentStatus.SUCCEEDED and intent.received > 0:
        _unapply(payment, intent.received, intent.currency)
    payment.state = Payment.State.FAILED
    _report(
        payment,
        f"expected {payment.amount} {payment.currency}, the gateway has {intent.amount} {intent.currency}"
        f" and received {intent.received}",
    )


def _report(payment: Payment, problem: str) -> None:
    payment.problem = problem[:300]
    logger.error("a payment needs a person", extra={"payment": str(payment.id), "problem": problem})


def _unapply(payment: Payment, amount: int, currency: str, *, back: bool = False) -> None:
    """Book money that came in without reaching its purpose, or that goes back."""
    sign = -1 if back else 1
    ledger.post(
        tenant_id=payment.tenant_id,
        kind="payment.returned" if back else "payment.unapplied",
        idempotency_key=str(payment.id),
        legs=[
            clearing_leg(payment.gateway, currency, -sign * amount),
            Leg("tenant", payment.tenant_id, AccountKind.UNAPPLIED_RECEIPT, currency, sign * amount),
        ],
        subject_id=payment.reference_id,
    )


def write_refund(
    payment: Payment, *, amount: int, reason: str, requested_by: str, key: str, is_unapplied: bool = False
) -> Refund:
    """Take ``amount`` off what can still be refunded and write the refund down. The payment is locked."""
    payment.refunded += amount
    payment.save(update_fields=["refunded"])
    return Refund.objects.create(
        payment=payment,
        amount=amount,
        currency=payment.currency,
        reason=reason[:300],
        requested_by=requested_by[:200],
        idempotency_key=key,
        is_unapplied=is_unapplied,
    )


def apply_refund(*, refund_id: UUID, move: Move) -> Refund:
    """Bring a refund to where the gateway has it; once it succeeded, its purpose hears of it."""
    refund = _locked_refund(refund_id)
    if refund.external_id not in (None, move.id):
        logger.error("two refunds bear one reference", extra={"refund": str(refund_id), "other": move.id})
        return refund
    if refund.state in Refund.FINAL:
        problem = CONTRADICTIONS.get((refund.state, move.status))
        if problem:
            _report(refund.payment, f"refund {move.id} {problem}. {move.error}".strip())
            refund.payment.save(update_fields=["problem"])
        return refund
    refund.external_id = move.id
    if (move.amount, move.currency) != (refund.amount, refund.currency):
        refund.state, refund.last_error = Refund.State.SENT, f"the gateway has {move.amount} {move.currency}"
        _report(refund.payment, f"refund {move.id} has another amount: {move.amount} {move.currency}")
        refund.payment.save(update_fields=["problem"])
        refund.save()
        return refund
    if move.status == MoveStatus.FAILED:
        refund.save(update_fields=["external_id"])
        return fail_refund(refund_id=refund_id, error=move.error)
    # What waits for somebody at the gateway says so.
    refund.state, refund.last_error = Refund.State.SENT, move.error[:300]
    if move.status == MoveStatus.SUCCEEDED:
        refund.state, refund.finished_at, refund.last_error = Refund.State.SUCCEEDED, clock.now(), ""
    refund.save()
    if refund.state == Refund.State.SUCCEEDED:
        payment = refund.payment
        if refund.is_unapplied:
            _unapply(payment, refund.amount, refund.currency, back=True)
        else:
            notify_purpose(refund, purpose_of(payment.purpose).refunded)
    return refund


def notify_purpose(refund: Refund, callback: Callable[[Refund], None] | None) -> None:
    """Let a purpose do what follows for its own things, if it wants to hear of this."""
    if callback is not None and not refund.is_unapplied:
        with in_tenant(FakeTenant(schema_name=refund.payment.schema)):
            callback(refund)


def keep_trying(*, refund_id: UUID, error: str) -> Refund:
    """The gateway would not send it this time: it stays requested, and the central team sees why."""
    refund = _locked_refund(refund_id)
    if refund.state not in Refund.FINAL:
        refund.last_error = error[:300]
        refund.save(update_fields=["last_error"])
        _report(refund.payment, f"money that came too late cannot go back yet: {error}")
        refund.payment.save(update_fields=["problem"])
    return refund


def fail_refund(*, refund_id: UUID, error: str) -> Refund:
    """The gateway will not send it: the amount can be refunded anew, and the central team sees why."""
    refund = _locked_refund(refund_id)
    if refund.state in Refund.FINAL:
        return refund
    refund.state, refund.finished_at, refund.last_error = Refund.State.FAILED, clock.now(), error[:300]
    refund.save()
    Payment.objects.filter(id=refund.payment_id).update(
        # What came without reaching its purpose was never counted where it was another amount than asked.
        refunded=Greatest(F("refunded") - refund.amount, 0),
        problem=f"a refund failed: {error}"[:300],
    )
    notify_purpose(refund, purpose_of(refund.payment.purpose).refund_failed)
    logger.error("a refund failed", extra={"refund": str(refund_id), "problem": error})
    return refund


def _locked_refund(refund_id: UUID) -> Refund:
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(id=refund_id)
    payment = locked_payment(payment_id)
    refund = Refund.objects.select_for_update().get(id=refund_id)
    refund.payment = payment
    return refund
