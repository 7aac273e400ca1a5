"""Supplier orders in the central team's console: to be looked at; suppliers ship in their portal."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from backoffice import columns
from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline
from central.sites import central
from fulfilment.models import Fair, Shipment, SupplierOrder, SupplierOrderLine
from kernel.text import pick


class LineInline(ReadOnlyInline):
    """What has to be sent."""

    model = SupplierOrderLine
    fields = ("sku", "title", "options", "quantity", "unit_cost")


class ShipmentInline(ReadOnlyInline):
    """What was sent."""

    model = Shipment
    fields = ("carrier", "tracking_number", "shipped_at")


@admin.register(SupplierOrder, site=central)
class SupplierOrderAdmin(ReadOnlyAdmin):
    """Every supplier's part of every paid order."""

    nav_group, nav_icon, nav_place = "supply", "local_shipping", 40
    list_display = (
        "number",
        "supplier",
        "shop_name",
        "state_shown",
        "cost_shown",
        "freight_shown",
        "created_at",
    )
    list_filter = ("state", "supplier", "currency")
    list_select_related = ("supplier",)
    search_fields = ("number", "shop_name")
    ordering = ("-id",)
    # A buyer's address is for whoever ships; the central team has no need of it.
    exclude = ("ship_to",)
    inlines = (LineInline, ShipmentInline)
    state_shown = columns.state()
    cost_shown = columns.money("cost", _("cost"))
    freight_shown = columns.money("freight", _("freight"))


@admin.register(Fair, site=central)
class FairAdmin(AuditedAdmin):
    """The days on which suppliers and members meet."""

    nav_group, nav_icon, nav_place = "supply", "storefront", 70
    list_display = ("starts_at", "title_shown", "place", "is_published")

    @admin.display(description=_("title"))
    def title_shown(self, fair: Fair) -> str:
        """Return the title in the reader's language."""
        return pick(fair.title)
