"""Supplier orders and fairs; suppliers ship in their portal."""

from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline
from fulfilment.models import Shipment, SupplierOrderLine


class LineInline(ReadOnlyInline):
    """What has to be sent."""

    model = SupplierOrderLine
    fields = ("sku", "title", "options", "quantity", "unit_cost")


class ShipmentInline(ReadOnlyInline):
    """What was sent."""

    model = Shipment
    fields = ("carrier", "tracking_number", "shipped_at")


class SupplierOrderAdmin(ReadOnlyAdmin):
    """Every supplier's part of every paid order."""

    list_display = (
        "number",
        "supplier",
        "shop_name",
        "state",
        "cost",
        "freight",
        "created_at",
    )
    list_filter = ("state", "supplier", "currency")
    list_select_related = ("supplier",)
    search_fields = ("number", "shop_name__search_text")
    ordering = ("-id",)
    # A buyer's address is for whoever ships; the central team has no need of it.
    exclude = ("ship_to",)
    inlines = (LineInline, ShipmentInline)


class FairAdmin(AuditedAdmin):
    """The days on which suppliers and members meet."""

    list_display = ("starts_at", "title", "place", "is_published")
