"""Celery: asking about subscriptions whose news was lost. May run at any time, and side by side."""

from celery import shared_task

from billing.plans import services


@shared_task(ignore_result=True)
def sync_stale() -> int:
    """Ask about subscriptions that nobody has heard of for a while; returns how many."""
    return services.sync_stale()
