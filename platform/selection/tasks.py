"""Celery: deadlines of rounds and selling points, and mails to those who judge."""

from uuid import UUID

from celery import shared_task

from selection.proposals import services as proposal_services
from selection.rounds import notices
from selection.rounds import services as round_services


@shared_task(ignore_result=True)
def look_after() -> None:
    """Close the gates that are due, and end the selling points whose time is over."""
    round_services.close_due()
    proposal_services.end_expired_claims()


@shared_task(ignore_result=True)
def tell_judges(round_id: str, gate: str) -> None:
    """Write to everybody who has a seat at a gate. Again: only to those not written to yet."""
    notices.tell_judges(round_id=UUID(round_id), gate=gate)
