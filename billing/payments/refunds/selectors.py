"""Reads: refunds, and money that came in and reached no purpose, such as another amount than was due."""

from django.db.models import Sum

from billing.ledger.models import AccountKind, Entry
from billing.payments.payments.models import Payment

LOST_UNAPPLIED = "dispute.unapplied"
"""The ledger's word for money that reached no purpose and that a bank took back."""
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


def unapplied_left(payment: Payment) -> int:
    """Return what is here of money that reached no purpose, minor units: neither sent nor taken back."""
    kinds = {"payment.unapplied", "payment.returned", LOST_UNAPPLIED}
    rows = [*payment.disputes.values_list("id", flat=True), *payment.refunds.values_list("id", flat=True)]
    keys = [str(row_id) for row_id in (payment.id, *rows)]
    left = Entry.objects.filter(
        transfer__tenant_id=payment.tenant_id,
        transfer__kind__in=kinds,
        transfer__idempotency_key__in=keys,
        account__kind=AccountKind.UNAPPLIED_RECEIPT,
    ).aggregate(amount=Sum("amount"))["amount"]
    return int(left or 0)


def can_be_sent_back(payment: Payment) -> bool:
    """True if money of it waits for a person; what came too late goes back by itself."""
    return (
        payment.state in LOST
        and unapplied_left(payment) > 0
        and not payment.refunds.filter(is_unapplied=True).exists()
    )
