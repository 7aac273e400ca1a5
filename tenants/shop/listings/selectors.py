"""What the shop lists: the shared catalogue, seen through this tenant's rule and its own changes."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from catalog.models import Media, Price, Product, ShippingTemplate, Supplier
from catalog.products import selectors as product_selectors
from kernel import clock
from kernel.caches.memo import once_a_page
from kernel.caches.process_cache import ProcessCache
from kernel.database.prepared import KEYS, Prepared, prepare
from kernel.days import quarter_of
from kernel.texts.translated import pick
from selection.admission import selectors as admission_selectors
from tenants.shop.listings.assortment import break_even_expression, effective_price
from tenants.shop.listings.models import Listing, ListingPrice
from tenants.shop.listings.overlay import Overlay, overlay

CARD_WIDTH = 400
"""Pixels of a card's picture where a browser does not choose itself."""
THUMB_WIDTH = 200
"""Pixels of a small picture: some 90 on the page, sharp on a phone too."""


def sellable_prices(view: Overlay) -> QuerySet[Price]:
    """Return price rows in the tenant's currency with ``price`` annotated, none of them at a loss.

    Only rows of listed products may be used: what a supplier must be like is asked there.
    """
    own = ListingPrice.objects.filter(variant_id=OuterRef("variant_id")).values("amount")[:1]
    least = break_even_expression(view.covered_bp)
    # No price is below the lowest allowed one: where that covers all, the shop's own is not looked up.
    return (
        Price.objects.filter(currency=view.currency, variant__is_active=True)
        .annotate(
            price=effective_price(view.rule, Subquery(own, output_field=BigIntegerField()), view.currency)
        )
        .filter(Q(minimum__gte=least) | Q(price__gte=least))
    )


def listed_products(view: Overlay) -> QuerySet[Product]:
    """Return the products this shop shows: by rule or by hand, not hidden, with something sellable.

    What has to pass the panel and the jury here and has not is never among them.

    The supplier's freight must be in the shop's currency: nothing here converts money.
    """
    by_hand = Listing.objects.filter(is_extra=True).values("product_id")
    hidden = Listing.objects.filter(is_hidden=True).values("product_id")
    return (
        product_selectors.sellable(view.tenant.pk)
        .filter(Q(supplier__currency=view.currency) | Q(supplier__freight=0))
        .filter(view.rule.condition() | Q(id__in=by_hand))
        .exclude(id__in=hidden)
        .filter(admission_selectors.for_sale_in(view.tenant.id))
        .filter(Exists(sellable_prices(view).filter(variant__product_id=OuterRef("id"))))
    )


@once_a_page
def sellable() -> QuerySet[Price]:
    """Return ``sellable_prices`` of the present tenant; building the query costs more than filtering it."""
    return sellable_prices(overlay())


@once_a_page
def listed() -> QuerySet[Product]:
    """Return ``listed_products`` of the present tenant, to be filtered further."""
    return listed_products(overlay())


def in_region(slug: str) -> QuerySet[Product]:
    """Return ``listed`` without the local goods of other regions; all of them where no region was chosen."""
    return listed().filter(product_selectors.shown_in_region(slug)) if slug else listed()


@dataclass(frozen=True, slots=True)
class OfferedVariant:
    """One sellable variant with everything a page, a quote or a partner needs. Amounts in minor units.

    ``categories`` are slugs from the root down. ``own_title``, ``image`` and ``has_tables`` are filled in
    where variants were asked for: the product's title as this tenant gave it, its first picture's address,
    and whether its supplier has tables of freight. The last three are of a campaign that this buyer may buy
    from (tenants.shop.promotions.campaigns): then price and units are the campaign's.
    """

    variant_id: UUID
    product: Product
    categories: tuple[str, ...]
    sku: str
    options: Sequence[str]
    position: int
    price: int
    compare_at: int | None
    cost: int
    available: int
    weight_grams: int
    own_title: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    has_tables: bool = False
    allocation_id: UUID | None = None
    from_open: bool = False
    campaign_until: datetime | None = None

    @property
    def title(self) -> str:
        """The tenant's title of the product in the reader's language, or the catalogue's."""
        return _title(self.own_title, self.product)

    @property
    def url(self) -> str:
        """Path of the product's page."""
        return f"/p/{self.product.supplier.code}/{self.product.handle}/"


_OF_PRODUCT: dict[str, Subquery | Exists] = {
    "own_title": Subquery(
        Listing.objects.filter(product_id=OuterRef("variant__product_id")).values("title")[:1]
    ),
    "image": Subquery(
        Media.objects.filter(product_id=OuterRef("variant__product_id"))
        .order_by("position", "id")
        .values("url")[:1]
    ),
    "has_tables": Exists(
        ShippingTemplate.objects.filter(supplier_id=OuterRef("variant__product__supplier_id"))
    ),
}


def offered_variants(
    view: Overlay, *, products: Iterable[UUID] | None = None, variants: Iterable[UUID] | None = None
) -> list[OfferedVariant]:
    """Return the sellable variants of those products, or those variants themselves, in one query.

    Variants of products that the shop does not list are left out where variants are asked for.
    """
    if variants is not None:
        offers = [_offered(view, row) for row in _prepared(view).rows(variants)]
    else:
        prices = sellable_prices(view).select_related("variant__product__supplier", "variant__stock")
        rows = prices.filter(variant__product_id__in=list(products or ()))
        offers = [offer_at(view, row, row.price) for row in rows]  # type: ignore[attr-defined]
    return sorted(offers, key=lambda offer: (offer.position, offer.variant_id))


def offer_at(view: Overlay, row: Price, price: int) -> OfferedVariant:
    """Return the variant of a catalogue price as it would be offered for ``price`` minor units."""
    variant = row.variant
    return OfferedVariant(
        variant_id=row.variant_id,
        product=variant.product,
        categories=view.category_slugs(variant.product),
        sku=variant.sku,
        options=variant.options,
        position=variant.position,
        price=price,
        compare_at=_above(row.compare_at, price),
        cost=row.cost,
        available=variant.stock.available if hasattr(variant, "stock") else 0,
        weight_grams=variant.weight_grams,
    )


def _above(compare_at: int | None, price: int) -> int | None:
    return compare_at if compare_at and compare_at > price else None


def _columns(model: type[Model], *names: str) -> list[str]:
    """Return these columns in the order in which ``from_db`` takes them."""
    return [item.attname for item in model._meta.concrete_fields if item.attname in names]


# The columns of a variant that is asked for by itself: those of the supplier, of the product, all others.
_SUPPLIER = _columns(Supplier, "id", "code", "name", "handling_days", "freight", "freight_free_from")
_PRODUCT = _columns(
    Product,
    *("id", "supplier_id", "category_id", "shipping_template_id"),
    *("handle", "title", "kind", "tags"),
)
_VARIANT = (
    *("variant_id", "variant__sku", "variant__options", "variant__position", "price", "compare_at", "cost"),
    *("variant__stock__available", "variant__weight_grams", "own_title", "image", "has_tables"),
)
_queries: ProcessCache[Hashable, Prepared] = ProcessCache(500)


def _prepared(view: Overlay) -> Prepared:
    """Return the query for variants that this shop offers, kept under everything that it is made of."""
    terms = view.tenant.pk, view.currency, view.covered_bp, quarter_of(clock.now())
    key = (*terms, view.rule.price, view.rule.condition())
    return _queries.answer(key, lambda: prepare(_offered_rows(view)))


def _offered_rows(view: Overlay) -> QuerySet[Any, Any]:
    return (
        sellable_prices(view)
        .filter(variant_id__in=KEYS, variant__product_id__in=listed_products(view).values("id"))
        .annotate(**_OF_PRODUCT)
        .values_list(
            *(f"variant__product__supplier__{name}" for name in _SUPPLIER),
            *(f"variant__product__{name}" for name in _PRODUCT),
            *_VARIANT,
        )
    )


def _offered(view: Overlay, row: Sequence[Any]) -> OfferedVariant:
    own = len(_SUPPLIER)
    rest = own + len(_PRODUCT)
    product = Product.from_db(None, _PRODUCT, row[own:rest])
    product.supplier = Supplier.from_db(None, _SUPPLIER, row[:own])
    variant_id, sku, options, position, price, compare_at, cost, available, grams, title, image, tables = row[
        rest:
    ]
    return OfferedVariant(
        variant_id=variant_id,
        product=product,
        categories=view.category_slugs(product),
        sku=sku,
        options=options,
        position=position,
        price=price,
        compare_at=_above(compare_at, price),
        cost=cost,
        available=available or 0,
        weight_grams=grams,
        own_title=title or {},
        image=image or "",
        has_tables=tables,
    )


def price_of(variant_id: UUID) -> int | None:
    """Return what the shop asks for a variant now, minor units; None if it does not sell it."""
    offers = offered_variants(overlay(), variants=[variant_id])
    return offers[0].price if offers else None


def own_titles(products: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the titles that this tenant gave, language code to text, by product id."""
    rows = Listing.objects.filter(product_id__in=list(products)).exclude(title={})
    return {row.product_id: row.title for row in rows}


def pictures(products: Iterable[UUID]) -> dict[UUID, list[Media]]:
    """Return the pictures by product, in order."""
    by_product: dict[UUID, list[Media]] = {}
    for media in Media.objects.filter(product_id__in=list(products)).order_by("product_id", "position", "id"):
        by_product.setdefault(media.product_id, []).append(media)
    return by_product


def title_of(product: Product, own: Mapping[UUID, Mapping[str, str]]) -> str:
    """Return the tenant's title of the product in the reader's language, or the catalogue's."""
    return _title(own.get(product.id), product)


def _title(own: Mapping[str, str] | None, product: Product) -> str:
    return pick(own) or pick(product.title) or _("Untitled")
