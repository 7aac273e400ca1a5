"""Reading payments."""

from datetime import datetime
from uuid import UUID

from django.db.models import Min

from billing.payments.models import InboxEvent
from billing.payments.payments.models import Payment
from kernel import clock


def for_page(payment_id: UUID, tenant_id: UUID) -> Payment | None:
    """Return a payment of this tenant, or None; whose it is the caller has to know."""
    return Payment.objects.filter(id=payment_id, tenant_id=tenant_id).first()


def inbox_age() -> float:
    """Return for how many seconds the oldest unhandled news has waited; 0 if none does."""
    oldest = oldest_unhandled()
    return (clock.now() - oldest).total_seconds() if oldest else 0.0


def problems() -> float:
    """Return how many payments wait for a person of the central team."""
    return float(Payment.objects.exclude(problem="").count())


def oldest_unhandled() -> datetime | None:
    """Return since when the inbox has waited; None if it is empty."""
    oldest: datetime | None = InboxEvent.objects.filter(handled_at=None).aggregate(at=Min("received_at"))[
        "at"
    ]
    return oldest
