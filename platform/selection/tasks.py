"""Celery: deadlines of rounds and selling points, and samples that nobody confirms."""

from celery import shared_task

from selection import proposals, rounds, samples


@shared_task(ignore_result=True)
def look_after() -> None:
    """Close the gates that are due, end the selling points whose time is over, count samples as arrived."""
    samples.receive_late()
    rounds.close_due()
    proposals.end_expired_claims()
