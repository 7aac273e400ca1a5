"""How many goods a shop lists, where and in what order: counted once for each state of what it shows.

Such answers look at everything that a shop lists, and hold until the catalogue, the shop's own changes or the
day are others. They are kept in the shared store under a name that says for which state they hold, so
nothing has to be deleted. The store's own key function puts the tenant's schema before every name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import Aggregate, BinaryField

from catalog.categories import selectors as category_selectors
from catalog.feed import selectors as feed_selectors
from catalog.models import Category
from kernel import clock
from kernel.caches.memo import once_a_page
from kernel.days import quarter_of
from kernel.texts.translated import pick
from tenants.shop.listings import selectors
from tenants.shop.listings.overlay import overlay

KEPT_SECONDS = 3600
"""How long an answer is kept; its name makes it wrong never, this only frees memory."""


class _Joined(Aggregate):
    """The ids of a group, one after the other: ten thousand of them are one value to read, and to keep."""

    template = "string_agg(uuid_send(%(expressions)s), ''::bytea)"
    output_field = BinaryField()


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A category with something to buy in it or below."""

    slug: str
    name: str
    count: int
    children: Sequence["CategoryNode"] = field(default_factory=tuple)


def kept[T](name: str, find: Callable[[], T]) -> T:
    """Return what ``find`` says of the present state of this shop; ``name`` distinguishes such questions.

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
    return f"{feed_selectors.catalogue_version()}.{_terms()}"


def _terms() -> str:
    """Name what decides beside the catalogue what is listed: rule, hand, fee, currency, and the days."""
    view = overlay()
    own = f"{view.version}.{view.covered_bp}.{view.currency}"
    return f"{own}.{quarter_of(clock.now()):%Y%m%d%H%M}"


def by_category(region: str = "") -> Mapping[UUID | None, int]:
    """Return how many products this shop lists in each category itself, None being no category.

    ``region``: only what is sold everywhere or near there.
    """
    return kept(f"categories.{region}", lambda: _counted(region))


WIDTH = 16
"""Bytes of a product's id."""
MOST_KEPT = 20_000 * WIDTH
"""Bytes; of a shop that lists more than so many products all are counted after every change."""


def _counted(region: str) -> dict[UUID | None, int]:
    """Count what is listed; after a change that names its products, only those are looked at again.

    Which changes there are is read before what is listed. Whatever commits in between is among the changes
    that are new the next time: it is looked at once more, never missed.
    """
    name = f"listed:{_terms()}:members.{region}"
    changes = feed_selectors.named_changes()
    seen, members = (not connection.in_atomic_block and cache.get(name)) or ({}, {})
    new = [products for change, products in changes.items() if change not in seen]
    listed = selectors.in_region(region).order_by()
    if not seen or None in new:
        members = dict(listed.values_list("category_id").annotate(ids=_Joined("id")))
    elif named := {key for products in new for key in products or ()}:
        members = {category: _without(ids, named) for category, ids in members.items()}
        for key, category in listed.filter(id__in=named).values_list("id", "category_id"):
            members[category] = members.get(category, b"") + key.bytes
    if not connection.in_atomic_block and sum(map(len, members.values())) <= MOST_KEPT:
        cache.set(name, (frozenset(changes), members), KEPT_SECONDS)
    return {category: len(ids) // WIDTH for category, ids in members.items() if ids}


def _without(ids: bytes, gone: set[UUID]) -> bytes:
    """Return the ids that are not among ``gone``."""
    for key in gone:
        place = ids.find(key.bytes)
        while place >= 0 and place % WIDTH:
            place = ids.find(key.bytes, place + 1)
        if place >= 0:
            ids = ids[:place] + ids[place + WIDTH :]
    return ids


def total(category: str | None = None, region: str = "") -> int:
    """Return how many products this shop lists, in all or in a category and below it."""
    counts = by_category(region)
    if category is None:
        return sum(counts.values())
    return sum(counts.get(key, 0) for key in category_selectors.category_ids(category))


def tree(numbers: Mapping[UUID | None, int]) -> list[CategoryNode]:
    """Return the categories that hold something, each with what lies in it and below it."""
    children: dict[UUID | None, list[Category]] = {}
    for row in Category.objects.order_by("position", "slug"):
        children.setdefault(row.parent_id, []).append(row)

    def node(row: Category) -> CategoryNode:
        below = tuple(child for child in map(node, children.get(row.id, [])) if child.count)
        return CategoryNode(
            row.slug, pick(row.name), numbers.get(row.id, 0) + sum(child.count for child in below), below
        )

    return [root for root in map(node, children.get(None, [])) if root.count]
