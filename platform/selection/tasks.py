"""Celery: deadlines of rounds and selling points."""

from celery import shared_task

from selection import proposals, rounds


@shared_task(ignore_result=True)
def look_after() -> None:
    """Close the gates that are due, and end the selling points whose time is over."""
    rounds.close_due()
    proposals.end_expired_claims()
