"""Celery: what the catalogue has to do by itself."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import translation

from catalog.feed import services as feed_services
from catalog.importing import services as importing_services
from catalog.licences import services as licence_services
from catalog.stock import services as stock_services


@shared_task(ignore_result=True)
def look_after() -> None:
    """Give back what was reserved for too long, and keep the count of changes short."""
    stock_services.release_expired()
    feed_services.fold_changes()


@shared_task(ignore_result=True)
def keep_up() -> None:
    """Count what hot variants have left, and give positions in the feed to what has changed."""
    stock_services.count_hot()
    while feed_services.catch_up() >= feed_services.BATCH:
        pass


@shared_task(ignore_result=True)
def check_licences() -> None:
    """Take what is no longer licensed out of caches and feeds, and let in what is again."""
    licence_services.refresh_licensing()


@shared_task(ignore_result=True)
def run_import(run_id: str, language: str | None = None) -> None:
    """Check or apply a file that somebody brought to the console, whose language this is."""
    with translation.override(language or settings.LANGUAGE_CODE):
        importing_services.run_import(UUID(run_id))
