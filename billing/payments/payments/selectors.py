"""Reads: a payment for the page that shows it, and how many need a person."""

from uuid import UUID

from billing.payments.payments.models import Payment


def for_page(payment_id: UUID, tenant_id: UUID) -> Payment | None:
    """Return a payment of this tenant, or None; whose it is the caller has to know."""
    return Payment.objects.filter(id=payment_id, tenant_id=tenant_id).first()


def problems() -> float:
    """Return how many payments wait for a person of the central team."""
    return float(Payment.objects.exclude(problem="").count())
