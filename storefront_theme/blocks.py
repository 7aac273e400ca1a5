"""The home page: the look's blocks, each with the goods it shows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from tenants.brand.document import Block, BrandDocument, ProductsBlock
from tenants.shop.listings.counts import CategoryNode
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.offers.selectors import Card

HERO_PICTURES = 3
_STRIP = 10
_CATEGORY = re.compile(r"/c/([-\w]+)/")
"""A hero that leads to a category shows that category's pictures."""


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block ready for its template. Holds no more goods than it shows."""

    number: int
    block: Block
    cards: Sequence[Card] = ()
    nodes: Sequence[CategoryNode] = ()
    more: str = ""

    @property
    def template(self) -> str:
        """Path of the block's template."""
        return f"storefront/blocks/{self.block.kind}.html"


def home(document: BrandDocument, *, user: User | None, region: str = "") -> list[ShownBlock]:
    """Return the home page's blocks in order; a block of goods that finds none is left to its template."""
    return [_fill(document, number, block, user, region) for number, block in enumerate(document.home, 1)]


def _fill(document: BrandDocument, number: int, block: Block, user: User | None, region: str) -> ShownBlock:
    if isinstance(block, ProductsBlock):
        offers = offer_selectors.shelf(
            category=block.category or None,
            sort=block.source,
            limit=block.limit,
            user=user,
            region=region,
        )
        path = reverse("category", args=[block.category]) if block.category else reverse("catalogue")
        sort = {"saving": "saving", "price": "price"}.get(block.source)
        return ShownBlock(
            number, block, cards=offers, more=path + (f"?{urlencode({'sort': sort})}" if sort else "")
        )
    if block.kind == "hero":
        category = _CATEGORY.fullmatch(document.hero.link)
        offers = offer_selectors.shelf(
            category=category[1] if category else None,
            sort="featured",
            limit=HERO_PICTURES + 3,
            user=user,
            region=region,
        )
        return ShownBlock(number, block, cards=[card for card in offers if card.image][:HERO_PICTURES])
    if block.kind == "categories":
        return ShownBlock(number, block, nodes=_strip(offer_selectors.categories_in(region)))
    return ShownBlock(number, block)


def _strip(roots: Sequence[CategoryNode]) -> list[CategoryNode]:
    """The roots, filled up with their children where there are few, so that the strip is worth its place."""
    return [*roots, *(child for root in roots for child in root.children)][:_STRIP]
