"""Celery: the queues of events."""

from celery import shared_task

from kernel.events import inbox, outbox
from kernel.mail import services as mail_services


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


@shared_task(ignore_result=True)
def send_mails() -> int:
    """Deliver the mails that wait; returns how many the mail server took."""
    return mail_services.deliver_waiting()


@shared_task(ignore_result=True)
def forget_old_mails() -> int:
    """Drop the text of mails that nobody could be sent; returns how many."""
    return mail_services.forget_old()
