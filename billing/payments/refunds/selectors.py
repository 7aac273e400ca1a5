"""Reads: refunds, and money that came in and reached no purpose, such as another amount than was due."""

from billing.ledger.models import AccountKind, Entry
from billing.payments.payments.models import Payment

LOST = frozenset({Payment.State.FAILED, Payment.State.CANCELLED})


def unapplied_receipt(payment: Payment) -> tuple[int, str] | None:
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
        and unapplied_receipt(payment) is not None
        and not payment.refunds.filter(is_unapplied=True).exists()
    )
