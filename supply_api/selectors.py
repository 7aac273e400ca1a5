"""What the API shows: the catalogue with the tenant's overlay, its balance, its orders placed here."""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, Supplier
from catalog.search import selectors as search_selectors
from kernel.errors import InvalidInput, NotFound
from tenants.registry.models import Tenant
from tenants.registry.selectors import shop_url
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.overlay import Overlay, overlay
from tenants.shop.listings.selectors import OfferedVariant
from tenants.shop.orders.models import Order
from tenants.shop.orders.selectors import order_view_of

MAX_PAGE = 500
CURSOR = re.compile("[A-Za-z0-9_-]{22}")
"""What a cursor looks like: the sixteen bytes of an id, base64url without padding."""
PLACED = (Order.State.PAID, Order.State.SHIPPED, Order.State.RECEIVED, Order.State.REFUNDED)


def catalogue_page(*, cursor: str, limit: int, query: str = "") -> dict[str, Any]:
    """Return up to ``limit`` listed products in the order of their ids, and the cursor behind them.

    With a ``query``: those that match best, best first, as the shop's own search finds them; no cursor.
    The number of queries does not grow with ``limit``. A product listed later with a smaller id than the
    cursor is met on the next walk: this is a snapshot, not a change feed.
    """
    view = overlay()
    if query.strip():
        listed = listing_selectors.listed_products(view)
        keys = search_selectors.search(listed, query, at_least=limit).keys[:limit]
        products_by_id = listed.select_related("supplier").in_bulk(keys)
        matches = [products_by_id[key] for key in keys if key in products_by_id]
        return {"items": _documents(view, matches), "next": None}
    products = listing_selectors.listed_products(view).order_by("id")
    if cursor:
        products = products.filter(id__gt=read_cursor(cursor))
    rows = list(products.select_related("supplier")[: limit + 1])
    shown = rows[:limit]
    return {
        "items": _documents(view, shown),
        "next": write_cursor(shown[-1].id) if len(rows) > limit else None,
    }


def catalogue_product(product_id: UUID) -> dict[str, Any]:
    """Return one listed product; NotFound if this shop does not list it."""
    view = overlay()
    rows = listing_selectors.listed_products(view).select_related("supplier").filter(id=product_id)
    documents = _documents(view, list(rows))
    if not documents:
        raise NotFound(_("this shop lists no such product"), field="product_id", value=product_id)
    return documents[0]


def _documents(view: Overlay, products: Sequence[Product]) -> list[dict[str, Any]]:
    keys = [product.id for product in products]
    offers: dict[UUID, list[OfferedVariant]] = {}
    for offer in listing_selectors.offered_variants(view, products=keys):
        offers.setdefault(offer.product.id, []).append(offer)
    own, images = listing_selectors.own_titles(keys), listing_selectors.pictures(keys)
    site = shop_url(view.tenant, "/")
    return [
        {
            "product_id": product.id,
            "handle": product.handle,
            "kind": product.kind,
            "title": {**product.title, **own.get(product.id, {})},
            "description": product.description,
            "vendor": product.vendor,
            "categories": list(view.category_slugs(product)),
            "tags": product.tags,
            "images": [_absolute(site, media.url) for media in images.get(product.id, [])],
            "currency": view.tenant.currency,
            "supplier": _supplier(product.supplier),
            "options": [
                {"name": _texts(option["name"]), "values": option["values"]} for option in product.options
            ],
            "variants": [_variant(offer) for offer in offers[product.id]],
            "updated_at": product.updated_at,
        }
        for product in products
        if product.id in offers
    ]


def _supplier(supplier: Supplier) -> dict[str, Any]:
    return {
        "code": supplier.code,
        "name": supplier.name,
        "region": supplier.region,
        "freight": supplier.freight,
        "freight_free_from": supplier.freight_free_from,
        "handling_days": supplier.handling_days,
    }


def _variant(offer: OfferedVariant) -> dict[str, Any]:
    return {
        "variant_id": offer.variant_id,
        "sku": offer.sku,
        "options": list(offer.options),
        "price": offer.price,
        "compare_at": offer.compare_at,
        "cost": offer.cost,
        "available": max(0, offer.available),
    }


def _texts(name: Mapping[str, str] | str) -> Mapping[str, str]:
    return {"en": name} if isinstance(name, str) else name


def _absolute(site: str, address: str) -> str:
    return site.rstrip("/") + address if address.startswith("/") else address


def orders_page(*, cursor: str, limit: int, state: str = "", reference: str = "") -> dict[str, Any]:
    """Return up to ``limit`` orders placed through the API, newest first. Members' orders are never shown."""
    orders = partner_orders().order_by("-id")
    if state:
        orders = orders.filter(state=state)
    if reference:
        orders = orders.filter(reference=reference)
    if cursor:
        orders = orders.filter(id__lt=read_cursor(cursor))
    rows = list(orders[: limit + 1])
    shown = rows[:limit]
    return {
        "items": [summary(order) for order in shown],
        "next": write_cursor(shown[-1].id) if len(rows) > limit else None,
    }


def partner_orders() -> QuerySet[Order]:
    """Return the orders of the present tenant that came through the API."""
    return Order.objects.filter(channel=Order.Channel.API, state__in=PLACED)


def order_document(number: str) -> dict[str, Any]:
    """Return one order with its supplier orders and parcels; NotFound for a member's order or none."""
    order = partner_orders().filter(number=number).prefetch_related("lines").first()
    if order is None:
        raise NotFound(_("there is no such order"), field="number", value=number)
    return {
        **summary(order),
        "ship_to": order.ship_to or None,
        "supplier_orders": [
            {
                "number": supplier_order.number,
                "supplier": supplier_order.supplier_name,
                "state": supplier_order.state,
                "freight": supplier_order.freight,
                "lines": [
                    {
                        "product_id": line.product_id,
                        "variant_id": line.variant_id,
                        "sku": line.sku,
                        "title": line.title,
                        "options": line.options,
                        "quantity": line.quantity,
                        "unit_cost": line.unit_cost,
                    }
                    for line in supplier_order.lines
                ],
                "shipments": [
                    {
                        "carrier": parcel.carrier,
                        "tracking_number": parcel.tracking_number,
                        "shipped_at": parcel.shipped_at,
                    }
                    for parcel in supplier_order.parcels
                ],
            }
            for supplier_order in order_view_of(order).supplier_orders
        ],
    }


def summary(order: Order) -> dict[str, Any]:
    """Return an order's own numbers."""
    return {
        "number": order.number,
        "reference": order.reference,
        "state": order.state,
        "currency": order.currency,
        "goods": order.goods,
        "freight": order.freight,
        "fee": order.fee,
        "total": order.total,
        "placed_at": order.placed_at,
    }


def write_cursor(key: UUID) -> str:
    """Return an opaque cursor for the row with that id."""
    return base64.urlsafe_b64encode(key.bytes).rstrip(b"=").decode()


def read_cursor(cursor: str) -> UUID:
    """Return the id in a cursor; InvalidInput for anything that no page has given out."""
    if not CURSOR.fullmatch(cursor):
        raise InvalidInput(
            _("this cursor is not one of ours"),
            field="cursor",
            value=cursor,
            remedy=_("start again without a cursor"),
        )
    return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))


def tenant_of(request: Any) -> Tenant:
    """Return the tenant of the host, which the key was checked against."""
    tenant: Tenant = request.tenant
    return tenant
