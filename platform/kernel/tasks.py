"""Celery: the two queues of events."""

from celery import shared_task

from kernel.events import inbox, outbox


@shared_task(ignore_result=True)
def relay_outbox() -> int:
    """Hand out until nothing waits; returns the number of events handled."""
    total = 0
    while handled := outbox.relay():
        total += handled
    return total


@shared_task(ignore_result=True)
def handle_inbox() -> int:
    """Handle what providers reported; returns how many events were handled."""
    return inbox.handle_waiting()
