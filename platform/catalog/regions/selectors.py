"""Reads of regions, and which one an address lies in."""

from functools import lru_cache
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


def line_of_address(text: str) -> tuple[str, ...]:
    """Return the line of the region that an address names ("浙江省杭州市西湖区", "Hangzhou, Zhejiang").

    The deepest region whose name stands in the text, in any language, without its 省, 市 or 区; between
    equals the longest name. () if none does.
    """
    address = text.casefold()
    best: tuple[int, int, str] | None = None
    for slug, region in regions().items():
        length = max(
            (len(name) for name in _names(tuple(region.name.values())) if name in address), default=0
        )
        if length:
            match = (len(region_line(slug)), length, slug)
            best = max(best, match) if best else match
    return region_line(best[2]) if best else ()


@lru_cache(maxsize=8192)
def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    folded = [name.casefold().strip() for name in names if name and name.strip()]
    short = [name[:-1] for name in folded if len(name) > 2 and name[-1] in "省市区县"]
    return tuple({*folded, *short})
