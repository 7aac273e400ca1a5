"""Payments, their refunds and disputes, to be looked at."""

from uuid import UUID

from django.contrib.admin import display
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.model_pages import ReadOnlyAdmin, ReadOnlyInline
from billing.payments.disputes import reasons
from billing.payments.models import Dispute, Payment, Refund
from billing.payments.refunds import selectors as payment_refund_selectors
from kernel.errors import Text
from tenants.registry.selectors import tenant_name


class RefundInline(ReadOnlyInline):
    """What went back of a payment."""

    model = Refund
    fields = ("amount", "state", "reason", "requested_by", "external_id", "last_error")


class PaymentAdmin(ReadOnlyAdmin):
    """Money that members and shops paid."""

    list_display = ("created_at", "description", "tenant_id", "purpose", "amount", "state", "problem")
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
        if not payment_refund_selectors.can_be_sent_back(payment):
            return "–"
        return _link("central:payment_send_back", payment.pk, _("Send the money back"))


def _link(name: str, key: UUID, text: Text) -> str:
    return format_html('<a class="bn-button-quiet" href="{}">{}</a>', reverse(name, args=[key]), text)


class DisputeAdmin(ReadOnlyAdmin):
    """Payments that the members' banks want back, those that wait for an answer first."""

    list_display = (
        "external_id", "shop", "about", "amount", "reason_text", "state", "respond_by", "opened_at",
    )  # fmt: skip
    list_filter = ("state", "currency")
    list_select_related = ("payment",)
    search_fields = ("external_id", "payment__description", "=payment__reference_id")
    ordering = ("closed_at", "respond_by", "-id")
    fields = (
        "to_do", "state", "amount", "withdrawn", "fee", "reserved", "reason_text", "respond_by", "shop",
        "about", "payment", "external_id", "evidence", "opened_at", "closed_at",
    )  # fmt: skip

    @display(description=_("shop"))
    def shop(self, dispute: Dispute) -> str:
        """Return the shop whose sale it was."""
        return tenant_name(dispute.payment.tenant_id)

    @display(description=_("about"))
    def about(self, dispute: Dispute) -> str:
        """Return what was paid for: an order's number, or what else it was."""
        return dispute.payment.description

    @display(description=_("reason"), ordering="reason")
    def reason_text(self, dispute: Dispute) -> Text:
        """Return what the member said to the bank."""
        return reasons.in_words(dispute.reason)

    @display(description=_("to do"))
    def to_do(self, dispute: Dispute) -> str:
        """Return links to answer it or to give it up while it waits for that."""
        if dispute.state != Dispute.State.NEEDS_RESPONSE:
            return "–"
        answer = _link("central:dispute_answer", dispute.pk, _("Answer the bank"))
        return format_html("{} {}", answer, _link("central:dispute_accept", dispute.pk, _("Give it up")))
