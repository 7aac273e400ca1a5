"""What payments do about the gateway's news, and the purpose that is their own: topping up."""

import logging
from uuid import UUID

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments import inbox, outcomes, purposes
from billing.payments.gateway import Intent, Move, gateway
from billing.payments.models import InboxEvent, Payment, Refund
from kernel.models import NO_ONE

logger = logging.getLogger(__name__)
TOPUP = "topup"


def register() -> None:
    """Called once from AppConfig.ready."""
    inbox.react("payment_intent.", inbox.Reaction(fetch=_fetch_intent, apply=_apply_intent))
    inbox.react("refund.", inbox.Reaction(fetch=_fetch_refund, apply=_apply_refund))
    purposes.register(TOPUP, purposes.Purpose(paid=credit_prepaid, refunded=debit_prepaid))


def _fetch_intent(event: InboxEvent) -> Intent:
    return gateway().fetch_intent(event.object_id)


def _apply_intent(event: InboxEvent, intent: Intent) -> None:
    # By our own id where the gateway knows it: its news may be faster than its answer to our call.
    payment_id = (
        Payment.objects.filter(external_id=intent.id).values_list("id", flat=True).first()
        or Payment.objects.filter(id=_uuid(intent.reference)).values_list("id", flat=True).first()
    )
    if payment_id is None:
        logger.warning("news of a payment that is not ours", extra={"object": event.object_id})
        return
    outcomes.apply_intent(payment_id=payment_id, intent=intent)


def _fetch_refund(event: InboxEvent) -> Move:
    return gateway().fetch_refund(event.object_id)


def _apply_refund(event: InboxEvent, move: Move) -> None:
    refund_id = (
        Refund.objects.filter(external_id=move.id).values_list("id", flat=True).first()
        or Refund.objects.filter(id=_uuid(move.reference)).values_list("id", flat=True).first()
    )
    if refund_id is None:
        logger.error("a refund was made past us", extra={"object": event.object_id})
        return
    outcomes.apply_refund(refund_id=refund_id, move=move)


def credit_prepaid(payment: Payment) -> None:
    """A tenant topped up: its prepaid balance grows."""
    _move_prepaid("topup", str(payment.id), payment, payment.amount)


def debit_prepaid(refund: Refund) -> None:
    """A top-up went back. Refused by the ledger if the money has been spent."""
    _move_prepaid("topup.refunded", str(refund.id), refund.payment, -refund.amount)


def _move_prepaid(kind: str, key: str, payment: Payment, amount: int) -> None:
    ledger.post(
        tenant_id=payment.tenant_id,
        kind=kind,
        idempotency_key=key,
        legs=[
            Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, payment.currency, -amount, NO_ONE),
            Leg("tenant", payment.tenant_id, AccountKind.TENANT_PREPAID, payment.currency, amount),
        ],
        subject_id=payment.id,
    )


def _uuid(text: str) -> UUID:
    """Return the id in a reference that was ours, or one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return NO_ONE
