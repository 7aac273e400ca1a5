"""Payments, refunds and the gateway's news in the central team's console, to be looked at."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.model_pages import ReadOnlyAdmin, ReadOnlyInline
from billing.payments.disputes import reasons
from billing.payments.models import Dispute, Payment, Refund
from billing.payments.refunds import selectors as refund_selectors
from kernel.errors import Text
from tenants.registry.selectors import tenant_name


class RefundInline(ReadOnlyInline):
    """What went back of a payment."""

    model = Refund
    fields = ("amount", "state", "reason", "requested_by", "external_id", "last_error")


class PaymentAdmin(ReadOnlyAdmin):
    """Money that members and shops paid."""

    list_display = (
        "created_at",
        "description",
        "tenant_id",
        "purpose",
        "amount",
        "state",
        "problem",
    )
    list_filter = ("state", "purpose", "currency")
    search_fields = ("description", "external_id", "charge_id", "=id", "=reference_id")
    ordering = ("-id",)
    # Never the client secret: with it a payment could be completed by whoever reads it.
    fields = (
        "description", "tenant_id", "purpose", "amount", "refunded", "state", "problem", "to_do",
        "last_error", "gateway", "external_id", "charge_id", "reference_id", "created_at", "succeeded_at",
    )  # fmt: skip
    inlines = (RefundInline,)

    @display(description=_("to do"))
    def to_do(self, payment: Payment) -> str:
        """Return a link to send back what belongs to nothing."""
        if not refund_selectors.can_be_sent_back(payment):
            return "–"
        return _link("central:payment_send_back", payment.pk, _("Send the money back"))


def _link(name: str, key: UUID, text: Text) -> str:
    return format_html('<a class="bn-button-quiet" href="{}">{}</a>', reverse(name, args=[key]), text)


class DisputeAdmin(ReadOnlyAdmin):
    """Payments that the members' banks want back, those that wait for an answer first."""

    list_display = (
        "external_id",
        "shop_shown",
        "order_shown",
        "amount",
        "reason_shown",
        "state",
        "respond_by",
        "opened_at",
    )
    list_filter = ("state", "currency")
    list_select_related = ("payment",)
    search_fields = ("external_id", "payment__description", "=payment__reference_id")
    ordering = ("closed_at", "respond_by", "-id")
    fields = (
        "to_do", "state", "amount", "withdrawn", "fee", "reserved", "reason_shown",
        "respond_by", "shop_shown", "order_shown", "payment", "external_id", "evidence", "opened_at",
        "closed_at",
    )  # fmt: skip

    @display(description=_("shop"))
    def shop_shown(self, dispute: Dispute) -> str:
        """Return the shop whose sale it was."""
        return tenant_name(dispute.payment.tenant_id)

    @display(description=_("about"))
    def order_shown(self, dispute: Dispute) -> str:
        """Return what was paid for: an order's number, or what else it was."""
        return dispute.payment.description

    @display(description=_("reason"), ordering="reason")
    def reason_shown(self, dispute: Dispute) -> Text:
        """Return what the member told the bank."""
        return reasons.in_words(dispute.reason)

    @display(description=_("to do"))
    def to_do(self, dispute: Dispute) -> str:
        """Return links to answer it or to give it up while it waits for that."""
        if dispute.state != Dispute.State.NEEDS_RESPONSE:
            return "–"
        return format_html(
            "{} {}",
            _link("central:dispute_answer", dispute.pk, _("Answer the bank")),
            _link("central:dispute_accept", dispute.pk, _("Give it up")),
        )


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


class InboxAdmin(ReadOnlyAdmin):
    """What the payment provider reported, and what is stuck."""

    list_display = ("received_at", "topic", "object_id", "attempts", "handled_at", "last_error")
    list_filter = (HandledFilter, "topic")
    search_fields = ("external_id", "object_id")
    ordering = ("-id",)
