"""Every order of the shop, and one order whole: its parts, its earnings, where the money went."""

from typing import Any
from uuid import UUID

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice import sankey
from backoffice.model_pages import ReadOnlyAdmin
from fulfilment.models import SupplierOrder
from kernel.models import AuditEntry
from kernel.tenancy import current_schema
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.members import selectors as member_selectors
from tenants.agents.models import Earning
from tenants.shop import money_map
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders.models import REFUNDABLE, Order
from tenants.shop.refunds import selectors as refund_selectors

KINDS = {
    "commission": _("commission"),
    "service_fee": _("service fee"),
    "margin": _("shop's margin"),
}


class OrderAdmin(ReadOnlyAdmin):
    """Every order; its page shows the parts, the earnings with their reasons, and where the money went."""

    list_display = ("number", "state", "buyer_name", "total", "saving", "channel", "placed_at")
    list_filter = ("state", "channel")
    list_select_related = ("buyer",)
    search_fields = ("number", "reference", "buyer__email", "buyer__name__search_text")
    ordering = ("-id",)
    row_template = "console/orders/order.html"

    @display(description=_("buyer"), ordering="buyer__email")
    def buyer_name(self, order: Order) -> str:
        """Return the buyer's name, or the partner's own number."""
        return str(order.buyer) if order.buyer else order.reference or "–"

    def row_context(self, request: HttpRequest, order: Order, /) -> dict[str, Any]:
        """Return one order whole."""
        ribbons, rows = money_map.map_of(order)
        view = order_selectors.order_view_of(order)
        states = dict(SupplierOrder.State.choices)
        return {
            "title": _("Order %(number)s") % {"number": order.number},
            "order": order,
            "supplier_orders": [(row, states.get(row.state, "")) for row in view.supplier_orders],
            "earnings": earnings(order),
            "picture": sankey.draw(ribbons, order.currency) if ribbons else "",
            "rows": rows,
            "entries": history(order),
            "refunds": refund_selectors.refunds_of(order),
            "can_cancel": request.user.has_perm("shop.change_order") and order.state == Order.State.PLACED,
            "can_refund": request.user.has_perm("shop.refund_order") and order.state in REFUNDABLE,
        }


def earnings(order: Order) -> list[dict[str, Any]]:
    """Return what each person gets of the order, with their names."""
    rows = earning_selectors.earnings_of(order.id)
    names = member_selectors.member_names([row.payee_id for row in rows if row.payee_kind != "tenant"])
    return [
        {
            "name": _("The shop") if row.payee_kind == "tenant" else names.get(UUID(row.payee_id), "–"),
            "kind": KINDS.get(row.kind, row.kind),
            "state": Earning.State(row.state).label if row.payee_kind != "tenant" else "",
            "earning": row,
        }
        for row in rows
    ]


def history(order: Order) -> QuerySet[AuditEntry]:
    """Return what was done to the order by hand."""
    return AuditEntry.objects.filter(
        schema=current_schema(), object_type__in=["order", "shop.order"], object_id=str(order.id)
    ).order_by("-at")[:50]
