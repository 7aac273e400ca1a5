"""Celery: pay the same day."""

from celery import shared_task

from billing.payouts.transfers import services as transfer_services


@shared_task(ignore_result=True)
def pay_due() -> int:
    """Pay what is due and go on with what is unfinished; returns the number of payouts looked after."""
    return transfer_services.pay_due()
