"""How many goods a shop lists, where and in what order: found once for each state of what it shows.

Such answers look at everything that a shop lists, and hold until the catalogue, the shop's own changes or the
day are others. They are kept in the shared store under a name that says for which state they were found, so
nothing has to be deleted. The store's own key function puts the tenant's schema before every name.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import Count

from catalog import selectors as catalog
from kernel import clock
from kernel.memo import once_a_page
from tenants.shop import listings

KEPT_SECONDS = 3600
"""How long an answer is kept; its name makes it wrong never, this only frees memory."""


def kept[T](name: str, find: Callable[[], T]) -> T:
    """Return what ``find`` says of the present state of this shop; ``name`` tells such questions apart.

    Inside a transaction it is asked anew: what is read there may never come to be. The state is read before
    the data, so that what is kept is at least as new as its name says.
    """
    if connection.in_atomic_block:
        return find()
    key = f"listed:{_state()}:{name}"
    answer: T | None = cache.get(key)
    if answer is None:
        answer = find()
        cache.set(key, answer, KEPT_SECONDS)
    return answer


@once_a_page
def _state() -> str:
    view = listings.overlay()
    terms = f"{view.version}.{view.tenant.platform_fee_bp}.{view.tenant.currency}"
    return f"{catalog.catalogue_version()}.{terms}.{clock.now().date():%Y%m%d}"


def by_category(region: str = "") -> Mapping[UUID | None, int]:
    """Return how many products this shop lists in each category itself, None being no category.

    ``region``: only what is sold everywhere or near there.
    """
    products = listings.in_region(region).order_by().values_list("category_id")
    return kept(f"categories.{region}", lambda: dict(products.annotate(number=Count("id"))))


def total(category: str | None = None, region: str = "") -> int:
    """Return how many products this shop lists, in all or in a category and below it."""
    counts = by_category(region)
    if category is None:
        return sum(counts.values())
    return sum(counts.get(key, 0) for key in catalog.category_ids(category))
