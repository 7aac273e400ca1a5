"""Finding products by words and codes."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from catalog.products.models import Product
from catalog.products.selectors import as_asked

MOST_RANKED = (100, 2_000, 20_000)
"""Hits that are ranked at first, and when too few of those are among the products that are searched."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ids of the products that match, in order. ``is_all``: nothing else matches."""

    keys: list[UUID]
    is_all: bool


def search(products: QuerySet[Product], query: str, *, at_least: int = 100) -> SearchResult:
    """Return which of those products match: by words in any script, by pinyin, by a SKU or a barcode.

    In the order that ``products`` has, best first if it has none; ``at_least`` so many if they match.

    Every word must be found. Products that hold the words as they were written, above all in a title, come
    before those that are only similar. Of very many hits the newest are ranked, unless too few of those are
    among ``products``. See ``catalog_search`` in search/sql/search.sql; it uses two indexes.
    """
    result = SearchResult([], is_all=True)
    for at_most in MOST_RANKED:
        if at_most < min(at_least, MOST_RANKED[-1]):
            continue
        hits, keys = _hits(products, query, at_most)
        result = SearchResult(keys, is_all=hits < at_most)
        if result.is_all or len(keys) >= at_least:
            break
    return result


def _hits(products: QuerySet[Product], query: str, at_most: int) -> tuple[int, list[UUID]]:
    """Return how many products match at all, and which of ``products`` do."""
    try:
        if products.ordered:
            hits = products.filter(id__in=RawSQL("SELECT product_id FROM hits", ()))
            among, values = hits.values("id").query.sql_with_params()
        else:
            inner, values = products.values("id").query.sql_with_params()
            among = (
                f"SELECT product_id FROM hits WHERE product_id IN ({inner}) "  # noqa: S608  Django's own SQL
                "ORDER BY rank DESC, product_id DESC"
            )
    except EmptyResultSet:
        return 0, []
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH hits AS MATERIALIZED (SELECT * FROM public.catalog_search(%s, %s)) "  # noqa: S608
            f"SELECT (SELECT count(*) FROM hits), ARRAY({among})",
            [as_asked(query), at_most, *values],
        )
        ((hits_in_all, keys),) = cursor.fetchall()
    return hits_in_all, keys
