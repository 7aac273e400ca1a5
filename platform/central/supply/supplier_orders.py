"""Supplier orders in the central team's console: to be looked at; suppliers ship in their portal."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from backoffice import columns
from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline
from backoffice.words import name_app, name_choices, name_model
from central.sites import central
from fulfilment.models import Fair, Shipment, SupplierOrder, SupplierOrderLine
from kernel.text import pick

STATES = {
    "to_ship": _("to ship"),
    "shipped": _("shipped"),
    "received": _("received"),
    "cancelled": _("cancelled"),
}
name_app("fulfilment", _("Supply"))
name_model(
    SupplierOrder,
    _("supplier order"),
    _("supplier orders"),
    schema=_("schema"),
    tenant_id=_("shop"),
    order_id=_("order"),
    number=_("number"),
    supplier=_("supplier"),
    state=_("state"),
    shop_name=_("sender"),
    ship_to=_("address"),
    currency=_("currency"),
    cost=_("cost"),
    freight=_("freight"),
    created_at=_("since"),
    shipped_at=_("shipped"),
    received_at=_("received"),
)
name_choices(SupplierOrder, "state", dict(STATES))
name_model(
    SupplierOrderLine, _("line"), _("lines"), title=_("title"), options=_("options"), quantity=_("quantity"),
    unit_cost=_("unit cost"), sku=_("SKU"),
)  # fmt: skip
name_model(
    Shipment, _("parcel"), _("parcels"), carrier=_("carrier"), tracking_number=_("tracking number"),
    shipped_at=_("shipped"),
)  # fmt: skip


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


name_model(
    Fair,
    _("fair"),
    _("fairs"),
    title=_("title"),
    about=_("about it"),
    place=_("venue"),
    starts_at=_("begins"),
    ends_at=_("ends"),
    is_published=_("announced"),
)


@admin.register(Fair, site=central)
class FairAdmin(AuditedAdmin):
    """The days on which suppliers and members meet."""

    nav_group, nav_icon, nav_place = "supply", "storefront", 70
    list_display = ("starts_at", "title_shown", "place", "is_published")

    @admin.display(description=_("title"))
    def title_shown(self, fair: Fair) -> str:
        """Return the title in the reader's language."""
        return pick(fair.title)
