"""Regions in which a shop has local goods: what a visitor can choose from."""

from dataclasses import dataclass

from catalog.regions import selectors as region_selectors
from kernel.caches.memo import once_a_page
from kernel.texts.translated import pick
from tenants.shop.listings import selectors


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """A region to choose, with its depth in the tree (0: a province)."""

    slug: str
    name: str
    depth: int


@once_a_page
def region_choices() -> list[RegionChoice]:
    """Return the regions that this shop's local goods belong to, and those they lie in, as a tree in order.

    Empty for a shop that sells everything everywhere.
    """
    local = set(selectors.listed().exclude(local_to=None).order_by().values_list("local_to__slug", flat=True))
    if not local:
        return []
    known = region_selectors.regions()
    lines = {slug: region_selectors.region_line(slug) for slug in known}
    shown = {above for slug in local for above in lines[slug]}
    order = {slug: number for number, slug in enumerate(known)}
    return [
        RegionChoice(slug, pick(known[slug].name), len(lines[slug]) - 1)
        for slug in sorted(shown, key=lambda slug: [order[above] for above in reversed(lines[slug])])
    ]
