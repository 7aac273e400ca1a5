"""Plans and who has which."""

from django import forms
from django.contrib.admin import display
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice import columns
from backoffice.forms import TextsField
from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline
from billing.plans import selectors
from billing.plans.models import Invoice, Plan, Subscription
from kernel.texts.translated import pick

STANDINGS = {
    "open": _("open"),
    "grace": _("bill open, still working"),
    "read_only": _("only to be read"),
    "suspended": _("closed"),
}


class PlanForm(forms.ModelForm[Plan]):
    """A plan with its name in both languages."""

    name = TextsField(label=_("name"))

    class Meta:
        model = Plan
        fields = (
            "name", "code", "price", "currency", "fee_bp", "card_fee_bearer", "card_fee_bp", "trial_days",
            "members", "orders", "domains",
            "api_calls", "position", "is_offered",
        )  # fmt: skip


class PlanAdmin(AuditedAdmin):
    """What shops can choose. A new price holds for those who choose it from now on."""

    form = PlanForm
    list_display = ("name", "code", "month", "fee_bp", "members", "orders", "api_calls", "is_offered")
    ordering = ("position",)
    deletable = False
    month = staticmethod(columns.money("price", _("price a month")))


class InvoiceInline(ReadOnlyInline):
    """A shop's bills."""

    model, fields = Invoice, ("number", "issued_at", "state", "total", "paid")


class SubscriptionAdmin(ReadOnlyAdmin):
    """Which shop has which plan, and who does not pay."""

    list_display = ("tenant_id", "plan_name", "state", "standing", "period_end", "past_due_since", "other")
    list_filter = ("state", "plan")
    list_select_related = ("plan",)
    search_fields = ("=tenant_id", "=external_id")
    ordering = ("-past_due_since", "-id")
    inlines = (InvoiceInline,)
    fields = (
        "tenant_id", "plan_name", "fee_bp", "card_fee_bearer", "state", "standing", "trial_end", "period_end",
        "ends_at_period_end", "past_due_since", "external_id", "last_error",
    )  # fmt: skip

    @display(description=_("plan"))
    def plan_name(self, row: Subscription) -> str:
        """Return the plan's name."""
        return pick(row.plan.name)

    @display(description=_("what it may do"))
    def standing(self, row: Subscription) -> str:
        """Say what the shop may do at present."""
        return str(STANDINGS[selectors.standing_of(row.tenant_id).value])

    @display(description="")
    def other(self, row: Subscription) -> str:
        """Lead to giving the shop another plan without billing it."""
        if row.external_id and row.state != Subscription.State.ENDED:
            return ""
        link = reverse("central:agree_plan", args=[row.pk])
        return format_html('<a href="{}">{}</a>', link, _("agree on another"))
