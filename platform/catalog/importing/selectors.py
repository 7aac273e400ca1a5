"""Reads of imports: how far a file has been read."""

from uuid import UUID

from django.core.cache import cache

from catalog.importing.models import ImportRun


def progress_percent(run: ImportRun) -> int:
    """Return how much of the file has been read so far, 0 to 100."""
    done = int(cache.get(progress_key(run.pk), 0))
    return min(100, done * 100 // run.size) if run.size else 0


def progress_key(run_id: UUID) -> str:
    """Return the cache key under which a worker keeps how many bytes it has read."""
    return f"import-run:{run_id}"
