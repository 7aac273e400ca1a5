"""Celery: what the catalogue has to do by itself."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import translation

from catalog import feed, import_runs, licences, services, stock


@shared_task(ignore_result=True)
def look_after() -> None:
    """Give back what was reserved for too long, and keep the count of changes short."""
    services.release_expired()
    services.fold_changes()


@shared_task(ignore_result=True)
def keep_up() -> None:
    """Count what hot variants have left, and give positions in the feed to what has changed."""
    stock.count_hot()
    while feed.catch_up() >= feed.BATCH:
        pass


@shared_task(ignore_result=True)
def check_licences() -> None:
    """Take what is no longer licensed out of caches and feeds, and let in what is again."""
    licences.refresh()


@shared_task(ignore_result=True)
def run_import(run_id: str, language: str | None = None) -> None:
    """Check or apply a file that somebody brought to the console, whose language this is."""
    with translation.override(language or settings.LANGUAGE_CODE):
        import_runs.work(UUID(run_id))
