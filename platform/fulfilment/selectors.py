"""Reads: an order's parts, a supplier's queue."""

from uuid import UUID

from fulfilment.models import SupplierOrder


def parts_of(order_id: UUID) -> list[SupplierOrder]:
    """Return the parts of a tenant's order, supplier by supplier, parcels prefetched."""
    return list(
        SupplierOrder.objects.filter(order_id=order_id).prefetch_related("shipments").order_by("supplier_id")
    )
