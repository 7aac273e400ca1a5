"""Celery: deadlines of rounds and selling points, and mails to those who judge."""

from uuid import UUID

from celery import shared_task

from selection import letters, proposals, rounds


@shared_task(ignore_result=True)
def look_after() -> None:
    """Close the gates that are due, and end the selling points whose time is over."""
    rounds.close_due()
    proposals.end_expired_claims()


@shared_task(ignore_result=True)
def tell_judges(round_id: str, gate: str) -> None:
    """Write to everybody who has a seat at a gate. Again: only to those not written to yet."""
    letters.tell_judges(round_id=UUID(round_id), gate=gate)
