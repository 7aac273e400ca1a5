"""Payments, refunds and the gateway's news in the central team's console, to be looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import columns
from accounts.audited import ReadOnlyAdmin, ReadOnlyInline
from accounts.sites import central
from accounts.words import name_app, name_choices, name_model
from billing.payments.models import InboxEvent, Payment, Refund

STATES = {
    "created": _("begun"),
    "requires_action": _("waits for the payer"),
    "processing": _("in progress"),
    "succeeded": _("succeeded"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "requested": _("requested"),
    "sent": _("sent"),
}
name_app("payments", _("Money"))
name_model(
    Payment,
    _("payment"),
    _("payments"),
    tenant_id=_("shop"),
    schema=_("schema"),
    purpose=_("for"),
    reference_id=_("about"),
    amount=_("amount"),
    currency=_("currency"),
    description=_("description"),
    state=_("state"),
    external_id=_("provider's id"),
    charge_id=_("charge"),
    last_error=_("last error"),
    problem=_("problem"),
    refunded=_("refunded"),
    created_at=_("since"),
    succeeded_at=_("paid"),
)
name_choices(Payment, "state", dict(STATES))
name_model(
    Refund,
    _("refund"),
    _("refunds"),
    amount=_("amount"),
    currency=_("currency"),
    reason=_("reason"),
    requested_by=_("by"),
    state=_("state"),
    external_id=_("provider's id"),
    last_error=_("last error"),
    created_at=_("since"),
    attempts=_("tries"),
)
name_choices(Refund, "state", dict(STATES))
name_model(
    InboxEvent,
    _("provider's message"),
    _("provider's messages (inbox)"),
    source=_("source"),
    external_id=_("provider's id"),
    topic=_("topic"),
    object_id=_("object"),
    account=_("account"),
    received_at=_("received at"),
    available_at=_("next try"),
    handled_at=_("handled"),
    attempts=_("tries"),
    last_error=_("last error"),
)


class RefundInline(ReadOnlyInline):
    """What went back of a payment."""

    model = Refund
    fields = ("amount", "currency", "state", "reason", "requested_by", "external_id", "last_error")


@admin.register(Payment, site=central)
class PaymentAdmin(ReadOnlyAdmin):
    """Money that members and shops paid."""

    nav_group, nav_icon, nav_place = "money", "payments", 50
    list_display = (
        "created_at",
        "description",
        "shop_shown",
        "purpose",
        "amount_shown",
        "state_shown",
        "problem",
    )
    list_filter = ("state", "purpose", "currency")
    search_fields = ("description", "external_id", "charge_id", "=id", "=reference_id")
    ordering = ("-id",)
    # With the client secret a payment could be completed by whoever reads it.
    exclude = ("client_secret", "next_action_url", "tenant_id")
    readonly_fields = ("shop_shown",)
    inlines = (RefundInline,)
    shop_shown = columns.shop()
    amount_shown = columns.money("amount", _("amount"))
    state_shown = columns.state()


class HandledFilter(admin.SimpleListFilter):
    """Messages by what became of them."""

    title, parameter_name = _("state"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("failing", _("failed at least once")), ("waiting", _("waiting")), ("handled", _("handled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the chosen messages."""
        chosen = {
            "failing": Q(handled_at=None, attempts__gt=0),
            "waiting": Q(handled_at=None),
            "handled": Q(handled_at__isnull=False),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(InboxEvent, site=central)
class InboxAdmin(ReadOnlyAdmin):
    """What the payment provider reported, and what is stuck."""

    nav_group, nav_icon, nav_place = "system", "inbox", 60
    list_display = ("received_at", "topic", "object_id", "attempts", "handled_at", "last_error")
    list_filter = (HandledFilter, "topic")
    search_fields = ("external_id", "object_id")
    ordering = ("-id",)
