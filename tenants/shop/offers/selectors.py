"""Lists and product pages: listings with price and stock for whoever looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Min, OuterRef, QuerySet, Subquery

from accounts.models import User
from catalog.categories import selectors as category_selectors
from catalog.feed import selectors as feed_selectors
from catalog.models import Price, Product
from catalog.search import selectors as search_selectors
from kernel.caches.memo import once_a_page
from kernel.texts.translated import pick
from tenants.agents.attribution.selectors import NO_VISIT, Visit
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.shop.listings import counts
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.counts import CategoryNode
from tenants.shop.listings.models import Listing
from tenants.shop.listings.overlay import Overlay, overlay
from tenants.shop.listings.selectors import CARD_WIDTH, THUMB_WIDTH, OfferedVariant
from tenants.shop.pricing import selectors as pricing_selectors
from tenants.shop.pricing.lines import PricedLine
from tenants.shop.pricing.selectors import Buyer

MAX_PAGES = 200
MOST_SEARCHED = 1_000
"""Hits of a search that can be paged through, and are sorted where a sort is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A product as a list shows it. Prices in minor units; ``member_price`` is after the till's saving.

    ``image_widths``: the picture in several widths as an img element's srcset; "" if there is only one.
    """

    product_id: UUID
    supplier_code: str
    handle: str
    title: str
    image: str
    price: int
    compare_at: int | None
    member_price: int
    currency: str
    kind: str
    sold_out: bool
    image_widths: str = ""
    subsidy: int = 0
    """What a subsidy budget pays of ``price`` and of ``member_price``, which are without it already."""

    @property
    def url(self) -> str:
        """Path of the product's page."""
        return f"/p/{self.supplier_code}/{self.handle}/"


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list. ``has_more``: of a search, that more than ``total`` match."""

    items: Sequence[Card]
    page: int
    pages: int
    total: int
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class VariantOffer:
    """A variant as it can be bought now; ``options`` has one value per product option."""

    variant_id: UUID
    options: Sequence[str]
    price: int
    compare_at: int | None
    member_price: int
    available: int
    image: str
    subsidy: int = 0
    campaign_until: datetime | None = None
    """Until when price and units are those of a campaign; None: the shop's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetail(Card):
    """A product's page. ``description_html`` is sanitised; ``sharing_earns`` is for this viewer, or None.

    ``widths``: of the pictures that we keep in several widths, srcset and the address of a thumbnail.
    """

    description_html: str
    options: Sequence[dict[str, Any]]
    variants: Sequence[VariantOffer]
    images: Sequence[str]
    widths: Mapping[str, tuple[str, str]]
    supplier_name: str
    freight: int
    freight_free_from: int | None
    handling_days: int
    category_slug: str
    tags: Sequence[str]
    sharing_earns: int | None


def catalogue_version() -> str:
    """Return a token that changes whenever anything a shop page shows of the catalogue may have changed."""
    view = overlay()
    rules_version, _rules = rules_version_selectors.active_rules()
    version = f"{feed_selectors.catalogue_version()}.{view.version}.{rules_version}"
    # What runs changes with the clock and with what is left; most shops have no subsidies.
    running = "-".join(subsidy.id.hex[-8:] for subsidy in view.subsidies)
    return f"{version}.{running}" if running else version


def cards(
    *,
    category: str | None = None,
    query: str = "",
    sort: str = "new",
    page: int = 1,
    per_page: int = 20,
    user: User | None = None,
    region: str = "",
) -> CardPage:
    """Return one page of what the shop lists.

    ``category`` is a slug and includes what lies below it; ``sort``: "new", "price", "-price", "saving"
    (largest saving from the compare-at price, only reduced goods) or "featured" (as the operator placed
    them). An unknown category gives an empty page. ``region``: only what is sold everywhere or near there.
    """
    if query.strip():
        return _searched(_sorted(_products(category, region), sort, ranked=True), query, page, per_page, user)
    total = _total(category, sort, region)
    pages = max(1, min(-(-total // per_page), MAX_PAGES))
    number = max(1, min(page, pages))
    keys = _slice(category, sort, region, (number - 1) * per_page, number * per_page) if total else []
    return CardPage(_cards(keys, user), number, pages, total)


def _searched(
    products: QuerySet[Product], query: str, page: int, per_page: int, user: User | None
) -> CardPage:
    """Find as many as this page and the next need; what is sorted otherwise than by rank, among many."""
    page = max(1, min(page, MOST_SEARCHED // per_page))
    result = search_selectors.search(
        products, query, at_least=MOST_SEARCHED if products.ordered else (page + 1) * per_page
    )
    hits = result.keys[:MOST_SEARCHED]
    pages = max(1, -(-len(hits) // per_page))
    if not result.is_all:
        pages = min(pages + 1, MOST_SEARCHED // per_page)
    number = min(page, pages)
    keys = hits[(number - 1) * per_page : number * per_page]
    return CardPage(_cards(keys, user), number, pages, len(hits), not result.is_all)


def shelf(
    *,
    category: str | None = None,
    sort: str = "new",
    limit: int = 10,
    user: User | None = None,
    region: str = "",
) -> list[Card]:
    """Return the first ``limit`` products of such a list, without counting the rest."""
    return _cards(_slice(category, sort, region, 0, limit), user)


def _products(category: str | None, region: str) -> QuerySet[Product]:
    products = listing_selectors.in_region(region)
    if category is None:
        return products
    return products.filter(category_id__in=category_selectors.category_ids(category))


def _total(category: str | None, sort: str, region: str) -> int:
    """Count a list; one sorted by saving has only what is reduced."""
    total = counts.total(category, region)
    if sort != "saving" or not total:
        return total
    reduced = _sorted(_products(category, region), sort, ranked=False)
    return counts.kept(f"saving.{category or ''}.{region}", reduced.count)


def _slice(category: str | None, sort: str, region: str, start: int, end: int) -> list[UUID]:
    """Return the products from one place of a list to another, in order."""
    if category is not None and not category_selectors.category_ids(category):
        return []
    products = _sorted(_products(category, region), sort, ranked=False).values_list("id", flat=True)
    name = f"{sort}.{category or ''}.{region}.{start}.{end}"
    return counts.kept(name, lambda: list(products[start:end]))


def _sorted(products: QuerySet[Product], sort: str, *, ranked: bool) -> QuerySet[Product]:
    if sort in {"price", "-price"}:
        cheapest = _prices_of_product().annotate(low=Min("price")).values("low")
        products = products.annotate(lowest=Subquery(cheapest))
        return products.order_by(F("lowest").desc() if sort == "-price" else F("lowest").asc(), "-id")
    if sort == "saving":
        reduced = _prices_of_product().filter(compare_at__gt=F("price"))
        products = products.annotate(
            saving=Subquery(reduced.annotate(low=Min(F("price") - F("compare_at"))).values("low"))
        )
        return products.filter(saving__isnull=False).order_by("saving", "-id")
    if sort == "featured":
        place = Listing.objects.filter(product_id=OuterRef("id"), featured__gt=0).values("featured")[:1]
        return products.annotate(place=Subquery(place)).order_by(F("place").asc(nulls_last=True), "-id")
    return products if ranked else products.order_by("-id")


def _prices_of_product() -> QuerySet[Price, Any]:
    prices = listing_selectors.sellable().filter(variant__product_id=OuterRef("id")).order_by()
    return prices.values("variant__product_id")


def _cards(keys: Sequence[UUID], user: User | None) -> list[Card]:
    if not keys:
        return []
    view = overlay()
    offers = listing_selectors.offered_variants(view, products=keys)
    by_product: dict[UUID, list[PricedLine]] = {}
    for line in _unit_prices(view, offers, user):
        by_product.setdefault(line.product_id, []).append(line)
    own, images = listing_selectors.own_titles(keys), listing_selectors.pictures(keys)
    cards = []
    for key in keys:
        lines = by_product.get(key)
        if not lines:
            continue
        cheapest = min(lines, key=lambda line: line.unit_price)
        product, media = cheapest.offer.product, images.get(key)
        cards.append(
            Card(
                product_id=key,
                supplier_code=product.supplier.code,
                handle=product.handle,
                title=listing_selectors.title_of(product, own),
                image=media[0].url_at(CARD_WIDTH) if media else "",
                image_widths=media[0].srcset if media else "",
                currency=view.currency,
                kind=product.kind,
                sold_out=all(line.offer.available <= 0 for line in lines),
                **_prices(cheapest),
            )
        )
    return cards


def _unit_prices(view: Overlay, offers: Sequence[OfferedVariant], user: User | None) -> list[PricedLine]:
    """Price a unit of each variant for this person, or any member if nobody is signed in."""
    items = [(offer.variant_id, offer, 1) for offer in offers]
    return pricing_selectors.price_lines(view, items, pricing_selectors.viewer_of(user), together=False)


def _prices(line: PricedLine) -> dict[str, Any]:
    """Return the prices that a card or a variant shows of a unit."""
    return {
        "price": line.unit_price - line.subsidy,
        "compare_at": line.offer.compare_at or (line.unit_price if line.subsidy else None),
        "member_price": line.to_pay,
        "subsidy": line.subsidy,
    }


def product(
    supplier_code: str, handle: str, user: User | None = None, visit: Visit = NO_VISIT
) -> ProductDetail | None:
    """Return a listed product with its variants as this visitor has them, or None if it is not listed."""
    view = overlay()
    row = (
        listing_selectors.listed()
        .filter(supplier__code=supplier_code, handle=handle)
        .select_related("supplier", "category")
        .first()
    )
    offers = pricing_selectors.offers_to(view, Buyer(user, visit), products=[row.id]) if row else []
    if row is None or not offers:
        return None
    own, media = listing_selectors.own_titles([row.id]), listing_selectors.pictures([row.id]).get(row.id, [])
    by_variant = {item.variant_id: item.url for item in media if item.variant_id}
    lines = _unit_prices(view, offers, user)
    cheapest = min(lines, key=lambda line: line.unit_price)
    return ProductDetail(
        product_id=row.id,
        supplier_code=row.supplier.code,
        handle=row.handle,
        title=listing_selectors.title_of(row, own),
        image=media[0].url if media else "",
        currency=view.currency,
        kind=row.kind,
        sold_out=all(offer.available <= 0 for offer in offers),
        description_html=pick(row.description),
        options=[{"name": pick(option["name"]), "values": option["values"]} for option in row.options],
        variants=[
            VariantOffer(
                variant_id=line.variant_id,
                options=line.offer.options,
                available=line.offer.available,
                image=by_variant.get(line.variant_id, ""),
                campaign_until=line.offer.campaign_until,
                **_prices(line),
            )
            for line in lines
        ],
        images=[item.url for item in media],
        widths={item.url: (item.srcset, item.url_at(THUMB_WIDTH)) for item in media if item.widths},
        supplier_name=pick(row.supplier.name),
        freight=row.supplier.freight if row.kind == Product.Kind.PHYSICAL else 0,
        freight_free_from=row.supplier.freight_free_from,
        handling_days=row.supplier.handling_days,
        category_slug=row.category.slug if row.category else "",
        tags=row.tags,
        sharing_earns=binding_selectors.sharing_earns(user, [cheapest.as_sale()]) if user else None,
        **_prices(cheapest),
    )


@once_a_page
def categories() -> list[CategoryNode]:
    """Return the tree of categories in which this shop lists something, with counts."""
    return counts.tree(counts.by_category())


def categories_in(region: str) -> list[CategoryNode]:
    """Return the same tree as a visitor of this region sees it; without a region, ``categories``."""
    return counts.tree(counts.by_category(region)) if region else categories()
