"""Reads of supplier orders: of a tenant's order, and a supplier's queue."""

from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from catalog.models import Supplier
from fulfilment.orders.models import SupplierOrder

PER_PAGE = 30


def supplier_orders_of(order_id: UUID) -> list[SupplierOrder]:
    """Return the supplier orders of a tenant's order, supplier by supplier, parcels prefetched."""
    return list(
        SupplierOrder.objects.filter(order_id=order_id).prefetch_related("shipments").order_by("supplier_id")
    )


def counts_of(supplier: Supplier) -> dict[str, int]:
    """Return how many orders of the supplier are in each state, 0 included."""
    counts = dict(
        SupplierOrder.objects.filter(supplier=supplier).order_by().values_list("state").annotate(Count("id"))
    )
    return {state: counts.get(state, 0) for state in SupplierOrder.State.values}


def orders_of(supplier: Supplier, *, state: str, query: str = "", page: int = 1) -> Page[SupplierOrder]:
    """Return a page of the supplier's orders in one state, lines and parcels prefetched.

    What waits is shown oldest first, the rest newest first. ``query`` finds parts of our number, of a
    tracking number or of the addressee's name.
    """
    orders = SupplierOrder.objects.filter(supplier=supplier, state=state)
    if query := query.replace("\x00", "").strip()[:60]:
        orders = orders.filter(
            Q(number__icontains=query)
            | Q(ship_to__name__search_text__contains=query)
            | Q(shipments__tracking_number__icontains=query)
        ).distinct()
    return Paginator(_ready_to_show(orders, state), PER_PAGE).get_page(page)


def to_ship(supplier: Supplier) -> QuerySet[SupplierOrder]:
    """Return all that waits, oldest first, lines prefetched."""
    state = SupplierOrder.State.TO_SHIP
    return _ready_to_show(SupplierOrder.objects.filter(supplier=supplier, state=state), state)


def _ready_to_show(orders: QuerySet[SupplierOrder], state: str) -> QuerySet[SupplierOrder]:
    waiting = state == SupplierOrder.State.TO_SHIP
    return orders.prefetch_related("lines", "shipments").order_by("id" if waiting else "-id")
