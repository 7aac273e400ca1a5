"""Celery: what the catalogue has to do by itself."""

from celery import shared_task

from catalog import services


@shared_task(ignore_result=True)
def look_after() -> None:
    """Give back what was reserved for too long, and keep the count of changes short."""
    services.release_expired()
    services.fold_changes()
