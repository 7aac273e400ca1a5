"""Celery: the watch. Each may run at any time and side by side."""

from celery import shared_task

from billing.watch import reconciliation, sweeping


@shared_task(ignore_result=True)
def sweep() -> int:
    """Look at the invariants; returns the number of differences."""
    return sweeping.sweep().differences


@shared_task(ignore_result=True)
def reconcile() -> int:
    """Hold the provider's balance beside the ledger; returns the number of differences."""
    return reconciliation.reconcile().differences
