"""Celery: the sweepers. Each may run at any time, and side by side."""

from uuid import UUID

from celery import shared_task

from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services


@shared_task(ignore_result=True)
def sweep_payments() -> int:
    """Look after open payments and unfinished refunds; returns how many were looked at."""
    return payment_services.sweep_payments() + payment_refund_services.sweep_refunds()


@shared_task(ignore_result=True)
def cancel_payment(payment_id: str) -> None:
    """Give an unpaid payment up; again: no change."""
    payment_services.cancel_payment(payment_id=UUID(payment_id))


@shared_task(ignore_result=True)
def send_refund(refund_id: str) -> None:
    """Send a refund that was requested; again: see how it stands."""
    payment_refund_services.send_refund(refund_id=UUID(refund_id))
