"""Finding products by words."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from catalog.products.models import Product
from catalog.products.selectors import LONGEST_QUERY

MOST_RANKED = (100, 2_000, 20_000)
"""Hits that are ranked at first, and when too few of those are among the products that are searched."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ids of the products that match, in order. ``is_all``: nothing else matches."""

    keys: list[UUID]
    is_all: bool


def search(products: QuerySet[Product], query: str, *, at_least: int = 100) -> SearchResult:
    """Return which of those products match; Chinese and Latin, with a typo in a word of either.

    In the order that ``products`` has, best first if it has none; ``at_least`` so many if they match.

    Every word must be found. Products that hold the words as they were written, above all in a title, come
    before those that are only similar. Of very many hits the newest are ranked, unless too few of those are
    among ``products``. See ``catalog_search`` in search/sql/search.sql; it uses two indexes.
    """
    result = SearchResult([], is_all=True)
    for at_most in MOST_RANKED:
        if at_most < min(at_least, MOST_RANKED[-1]):
            continue
        keys = _hits(query, at_most)
        among = list(products.filter(id__in=keys).values_list("id", flat=True)) if keys else []
        if not products.ordered:
            known = set(among)
            among = [key for key in keys if key in known]
        result = SearchResult(among, is_all=len(keys) < at_most)
        if result.is_all or len(among) >= at_least:
            break
    return result


def _hits(query: str, at_most: int) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id FROM public.catalog_search(%s, %s)",
            [query.replace("\0", "")[:LONGEST_QUERY], at_most],
        )
        return [row[0] for row in cursor.fetchall()]
