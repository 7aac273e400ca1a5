"""Celery: asking about subscriptions whose event was lost. May run at any time, and side by side."""

from celery import shared_task

from billing.plans.subscriptions import services as subscription_services


@shared_task(ignore_result=True)
def sync_stale() -> int:
    """Ask about subscriptions of which nothing was reported for a while; returns how many."""
    return subscription_services.sync_stale()
