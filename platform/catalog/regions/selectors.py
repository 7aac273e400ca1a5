"""Reads of regions, and which one an address lies in."""

from collections.abc import Sequence
from uuid import UUID

from catalog.regions.models import Region
from kernel.caches.memo import once_a_page


@once_a_page
def regions() -> dict[str, Region]:
    """Return all regions by slug, in their order."""
    return {region.slug: region for region in Region.objects.all()}


def region_line(slug: str) -> tuple[str, ...]:
    """Return the slugs from the region up to the root of the tree; () for an unknown slug."""
    known = {region.pk: region for region in regions().values()}
    line, here = [], regions().get(slug)
    while here is not None:
        line.append(here.slug)
        here = known.get(here.parent_id) if here.parent_id else None
    return tuple(line)


def region_family(slug: str) -> set[UUID]:
    """Return the ids of a region and of all below it; empty for an unknown slug."""
    return {region.pk for name, region in regions().items() if slug in region_line(name)}


def line_of_places(places: Sequence[str]) -> tuple[str, ...]:
    """Return the line of the region that lies closest to an address.

    ``places`` are the codes that the address lies in, smallest first (``kernel.addresses.address``). () where
    no region bears one of them.
    """
    slugs = {region.code: slug for slug, region in regions().items() if region.code}
    return next((region_line(slugs[code]) for code in places if code in slugs), ())
