"""Celery: deadlines of rounds and selling points, and mails to those who judge."""

from uuid import UUID

from celery import shared_task

from selection.proposals import services as proposal_services
from selection.rounds import messages
from selection.rounds import services as round_services


@shared_task(ignore_result=True)
def look_after() -> None:
    """Close the gates that are due, and end the selling points whose time is over."""
    round_services.close_due()
    proposal_services.end_expired_claims()


@shared_task(ignore_result=True)
def notify_judges(round_id: str, gate: str) -> None:
    """Mail everybody who has a seat at a gate. Again: only those not mailed yet."""
    messages.notify_judges(round_id=UUID(round_id), gate=gate)
