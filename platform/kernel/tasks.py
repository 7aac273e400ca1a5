"""Celery: the relay of the outbox."""

from celery import shared_task

from kernel import outbox


@shared_task(ignore_result=True)
def relay_outbox() -> int:
    """Relay until nothing waits; returns the number of events handled."""
    total = 0
    while handled := outbox.relay():
        total += handled
    return total
