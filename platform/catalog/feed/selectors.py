"""Reads of what has changed: the catalogue's version, and the products that changes name."""

from uuid import UUID

from django.db import connection

from catalog.feed.models import CatalogueChange


def catalogue_version() -> int:
    """Return a number that grows whenever something a page of the catalogue shows has changed.

    Products, prices, pictures, categories and suppliers count; stock only when a variant sells out
    or comes back. Read it before the data that is kept under it: what is kept is then at least as
    new as its number says. One query of a few rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM public.catalog_cataloguechange")
        return int(cursor.fetchone()[0])


def named_changes() -> dict[int, list[UUID] | None]:
    """Return the changes since they were last folded, by their id, with the products that they name.

    A product that is not named is for sale as it was, and in the same category; None names any. What is
    folded into one has a new id and names any. Read it before the data that is kept with it.
    """
    return dict(CatalogueChange.objects.values_list("id", "products"))
