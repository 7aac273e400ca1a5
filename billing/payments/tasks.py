"""Celery: the inbox and the sweepers. Each may run at any time, and side by side."""

from celery import shared_task

from billing.payments import inbox, sweeping


@shared_task(ignore_result=True)
def handle_inbox() -> int:
    """Work off the gateway's news; returns how many were handled."""
    return inbox.handle_waiting()


@shared_task(ignore_result=True)
def sweep_payments() -> int:
    """Look after open payments and unfinished refunds; returns how many were looked at."""
    return sweeping.sweep_payments() + sweeping.sweep_refunds()
