"""The change feed: every change of a product, its prices, its stock or its visibility has one position.

Triggers append marks (``FeedMark``) with the change they speak of and take no lock. ``catch_up`` turns
marks into positions, one caller at a time: it sees only what has committed, gives out positions above all
earlier ones, and commits before the next caller begins. So a writer that commits late gets a late
position, and no reader that remembers the highest position it saw can miss anything.

The feed keeps one entry a product, at the position of its last change; its document is ready-made. A
product that is deleted stays as a tombstone. A change that leaves document, stock and visibility as they
were gets no position.
"""

from collections.abc import Sequence

from django.db import connection, transaction

from catalog.feed.models import FeedEntry

BATCH = 2000
"""Marks turned into positions in one transaction."""
MAX_PAGE = 1000


def catch_up(*, at_most: int = BATCH) -> int:
    """Give positions to what has changed; return how many entries were written.

    Does nothing if somebody else is doing it at this moment. The outermost command: inside another's
    transaction it would keep the others from it until that ends.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM public.catalog_feedmark)")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('catalog.feed.services', 0))")
        if not cursor.fetchone()[0]:
            return 0
        # A statement of its own: its snapshot is taken after the lock was had.
        cursor.execute("SELECT public.catalog_sequence(%s)", [at_most])
        return int(cursor.fetchone()[0])


def changes_after(position: int, limit: int = 100) -> Sequence[FeedEntry]:
    """Return up to ``limit`` entries above ``position``, in order; none if there is nothing newer.

    Start with 0, go on with the last entry's position. Every entry is whole: it replaces what the reader
    has of the product. First catches up, so that what has committed before the call is in it unless
    another caller is catching up at the same moment; then it is there a moment later.
    """
    catch_up()
    return list(FeedEntry.objects.filter(position__gt=position).order_by("position")[: min(limit, MAX_PAGE)])


def fold_changes() -> None:
    """Replace the rows of CatalogueChange by one with their sum; the catalogue's version stays the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM public.catalog_cataloguechange RETURNING amount) "
            "INSERT INTO public.catalog_cataloguechange (amount) "
            "SELECT sum(amount) FROM gone HAVING count(*) > 0"
        )
