"""The overlay as queries: the shared catalogue, seen through this tenant's rule and its own changes."""

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import LRUCache
from django.db import connection
from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from catalog.models import Category, Media, Price, Product, ShippingTemplate, Supplier
from catalog.products import selectors as product_selectors
from kernel import clock
from kernel.memo import once_a_page
from kernel.prepared import KEYS, Prepared, prepare
from kernel.text import pick
from selection.admission import selectors as admission_selectors
from tenants.agents import selectors as agents
from tenants.agents.rules.parsing import Rules
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant
from tenants.shop.listings.assortment import AssortmentRule, break_even_expression, effective_price
from tenants.shop.models import Listing, ListingPrice
from tenants.shop.promotions.subsidies.selectors import RUNNING, RunningSubsidy, running_subsidies


@dataclass(frozen=True, slots=True)
class Overlay:
    """This tenant's view of the shared catalogue and its rules, read at once for a page or a command."""

    tenant: Tenant
    rule: AssortmentRule
    version: int
    catalogue_version: int
    rules_version: int
    rules: Rules
    subsidies: tuple[RunningSubsidy, ...] = ()
    has_campaigns: bool = False

    @property
    def paths(self) -> Mapping[UUID, tuple[Category, ...]]:
        """For every category the way to it from the root of the tree."""
        return _paths_at(self.catalogue_version)


# One statement for all that is small: it is asked twice in every order.
_OVERLAY = f"""
SELECT assortment.rule, assortment.version,
    (SELECT coalesce(sum(amount), 0) FROM public.catalog_cataloguechange), ({agents.IN_FORCE}), ({RUNNING}),
    EXISTS (SELECT FROM shop_campaign WHERE matrix_until > %s)
FROM (SELECT 1) present LEFT JOIN shop_assortment assortment ON assortment.id = 1
"""  # noqa: S608


@once_a_page
def overlay() -> Overlay:
    """Return the present tenant's overlay; a tenant without a rule lists everything as suggested."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAY, [now, now, now, now])
        rule, version, catalogue, in_force, subsidies, has_campaigns = cursor.fetchone()
    rules_version, rules = agents.rules_found(_json(in_force))
    return Overlay(
        tenant=current_tenant(),
        rule=AssortmentRule.model_validate_json(rule) if rule else AssortmentRule(),
        version=version or 0,
        catalogue_version=int(catalogue),
        rules_version=rules_version,
        rules=rules,
        subsidies=running_subsidies(_json(subsidies)),
        has_campaigns=has_campaigns,
    )


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None


def sellable_prices(view: Overlay) -> QuerySet[Price]:
    """Return price rows in the tenant's currency with ``price`` annotated, none of them at a loss.

    Only rows of listed products may be used: what a supplier must be like is asked there.
    """
    own = ListingPrice.objects.filter(variant_id=OuterRef("variant_id")).values("amount")[:1]
    least = break_even_expression(view.tenant.platform_fee_bp)
    # No price is below the lowest allowed one: where that covers all, the shop's own is not looked up.
    return (
        Price.objects.filter(currency=view.tenant.currency, variant__is_active=True)
        .annotate(price=effective_price(view.rule, Subquery(own, output_field=BigIntegerField())))
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
        .filter(Q(supplier__currency=view.tenant.currency) | Q(supplier__freight=0))
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

    Title, picture and ``has_tables`` are filled in where variants were asked for: the product's title as this
    tenant gave it, its first picture's address, and whether its supplier has tables of freight. The last
    three are of a campaign that this buyer may buy from (tenants.shop.promotions.campaigns): then price and
    units are the campaign's.
    """

    variant_id: UUID
    product: Product
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

    Variants of products that the shop does not list are left out.
    """
    if variants is not None:
        found = [_offered(row) for row in _prepared(view).rows(variants)]
    else:
        prices = sellable_prices(view).select_related("variant__product__supplier", "variant__stock")
        found = [
            OfferedVariant(
                variant_id=row.variant_id,
                product=row.variant.product,
                sku=row.variant.sku,
                options=row.variant.options,
                position=row.variant.position,
                price=row.price,  # type: ignore[attr-defined]
                compare_at=_above(row.compare_at, row.price),  # type: ignore[attr-defined]
                cost=row.cost,
                available=row.variant.stock.available if hasattr(row.variant, "stock") else 0,
                weight_grams=row.variant.weight_grams,
            )
            for row in prices.filter(variant__product_id__in=list(products or ()))
        ]
    return sorted(found, key=lambda offer: (offer.position, offer.variant_id))


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
_known: LRUCache[Hashable, Prepared] = LRUCache(maxsize=500)
_lock = Lock()


def _prepared(view: Overlay) -> Prepared:
    """Return the query for variants that this shop offers, kept under everything that it is made of."""
    tenant, rule = view.tenant, view.rule
    terms = tenant.pk, tenant.currency, tenant.platform_fee_bp, clock.now().date()
    key = (*terms, rule.price, rule.condition())
    with _lock:
        query = _known.get(key)
    if query is None:
        query = prepare(
            sellable_prices(view)
            .filter(variant_id__in=KEYS, variant__product_id__in=listed_products(view).values("id"))
            .annotate(**_OF_PRODUCT)
            .values_list(
                *(f"variant__product__supplier__{name}" for name in _SUPPLIER),
                *(f"variant__product__{name}" for name in _PRODUCT),
                *_VARIANT,
            )
        )
        with _lock:
            _known[key] = query
    return query


def _offered(row: Sequence[Any]) -> OfferedVariant:
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


def own_titles(products: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the titles this tenant gave, by product."""
    rows = Listing.objects.filter(product_id__in=list(products)).exclude(title={})
    return {row.product_id: row.title for row in rows}


def pictures(products: Iterable[UUID]) -> dict[UUID, list[Media]]:
    """Return the pictures by product, in order."""
    found: dict[UUID, list[Media]] = {}
    for media in Media.objects.filter(product_id__in=list(products)).order_by("product_id", "position", "id"):
        found.setdefault(media.product_id, []).append(media)
    return found


def category_paths() -> Mapping[UUID, tuple[Category, ...]]:
    """Return for every category the way to it from the root of the tree."""
    return overlay().paths


# The tree of one state of the catalogue, the same for all tenants.
_trees: LRUCache[int, Mapping[UUID, tuple[Category, ...]]] = LRUCache(maxsize=4)


def forget_all() -> None:
    """Empty what this process remembers of the catalogue."""
    with _lock:
        _trees.clear()


def _paths_at(catalogue_version: int) -> Mapping[UUID, tuple[Category, ...]]:
    """Return the paths, which are at least as new as the version: it was read before them."""
    with _lock:
        paths = _trees.get(catalogue_version)
    if paths is None:
        paths = _read_paths()
        # What is read inside a transaction may never come to be.
        if not connection.in_atomic_block:
            with _lock:
                _trees[catalogue_version] = paths
    return paths


def _read_paths() -> dict[UUID, tuple[Category, ...]]:
    rows = {row.id: row for row in Category.objects.all()}

    def way(row: Category) -> tuple[Category, ...]:
        return (*way(rows[row.parent_id]), row) if row.parent_id else (row,)

    return {key: way(row) for key, row in rows.items()}


def title_of(product: Product, own: Mapping[UUID, Mapping[str, str]], language: str | None = None) -> str:
    """Return the tenant's title of the product, or the catalogue's."""
    return pick(own.get(product.id), language) or pick(product.title, language) or _("Untitled")


def catalogue_price(view: Overlay, product_id: UUID, variant_id: UUID) -> Price | None:
    """Return the catalogue's own price row of a variant in the tenant's currency."""
    return Price.objects.filter(
        variant_id=variant_id, variant__product_id=product_id, currency=view.tenant.currency
    ).first()


def category_slugs(product: Product, paths: Mapping[UUID, tuple[Category, ...]]) -> tuple[str, ...]:
    """Return the slugs from the root of the tree down to the product's category; ``()`` without one."""
    return tuple(node.slug for node in paths[product.category_id]) if product.category_id else ()


def price_of(variant_id: UUID) -> int | None:
    """Return what the shop asks for a variant now; None if it does not sell it."""
    offers = offered_variants(overlay(), variants=[variant_id])
    return offers[0].price if offers else None
