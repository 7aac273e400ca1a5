"""Money that came in and belongs to nothing, such as another amount than was asked: a person decides."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger.models import AccountKind, Entry
from billing.payments import outcomes, services
from billing.payments.models import Payment, Refund
from kernel import audit
from kernel.errors import Conflict

KEY = "unapplied"
LOST = frozenset({Payment.State.FAILED, Payment.State.CANCELLED})


def received(payment: Payment) -> tuple[int, str] | None:
    """Return what came in for this payment without reaching its purpose, and its currency, or None."""
    entry = Entry.objects.filter(
        transfer__tenant_id=payment.tenant_id,
        transfer__kind="payment.unapplied",
        transfer__idempotency_key=str(payment.id),
        account__kind=AccountKind.UNAPPLIED_RECEIPT,
    ).first()
    return (entry.amount, entry.currency) if entry else None


def can_be_sent_back(payment: Payment) -> bool:
    """True if money of it waits for a person; what came too late goes back by itself."""
    return (
        payment.state in LOST
        and received(payment) is not None
        and not payment.refunds.filter(is_unapplied=True).exists()
    )


def send_back(*, payment_id: UUID, reason: str, acting_user: User) -> Refund:
    """Send what came in back to the payer. Must run outside any transaction; calls the gateway after its own.

    Again: the same refund. What the gateway refuses is tried again by the sweeper. Raises Conflict where
    nothing waits.
    """
    with transaction.atomic(durable=True):
        payment = outcomes.locked_payment(payment_id)
        refund = payment.refunds.filter(is_unapplied=True).first()
        if refund is None:
            receipt = received(payment)
            if receipt is None or payment.state not in LOST:
                raise Conflict(
                    _("no money of this payment waits to go back"), field="payment", value=payment.state
                )
            amount, currency = receipt
            refund = Refund.objects.create(
                payment=payment,
                amount=amount,
                currency=currency,
                reason=reason[:300],
                requested_by=str(acting_user)[:200],
                idempotency_key=KEY,
                is_unapplied=True,
            )
            audit.record(
                "payment.sent_back",
                actor=acting_user,
                object_type="payments.payment",
                object_id=payment.id,
                object_label=payment.description,
                changes={"amount": amount, "currency": currency, "refund": str(refund.id)},
                reason=reason,
            )
    return services.send_refund(refund_id=refund.id)
