"""Plans and who has which, in the central team's console."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ReasonForm, TextsField
from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline
from backoffice.screens import render
from billing.plans import selectors
from billing.plans.models import Invoice, Plan, Subscription
from billing.plans.subscriptions import services as subscription_services
from kernel.errors import BanyanError
from kernel.money import format_money
from kernel.text import pick
from tenants.registry.selectors import tenant_name

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
            "name",
            "code",
            "price",
            "currency",
            "fee_bp",
            "trial_days",
            "members",
            "orders",
            "domains",
            "api_calls",
            "position",
            "is_offered",
        )


class PlanAdmin(AuditedAdmin):
    """What shops can choose. A new price holds for those who choose it from now on."""

    form = PlanForm
    list_display = (
        "name",
        "code",
        "price_shown",
        "fee_bp",
        "members",
        "orders",
        "api_calls",
        "is_offered",
    )
    ordering = ("position",)

    @display(description=_("price a month"), ordering="price")
    def price_shown(self, plan: Plan) -> str:
        """Return the price with its currency."""
        return format_money(plan.price, plan.currency)

    # Never: what nobody should choose any more is not offered.
    deletable = False


class InvoiceInline(ReadOnlyInline):
    """A shop's bills."""

    model, fields = Invoice, ("number", "issued_at", "state", "total", "paid")


class SubscriptionAdmin(ReadOnlyAdmin):
    """Which shop has which plan, and who does not pay."""

    list_display = (
        "shop",
        "plan_shown",
        "state",
        "standing",
        "period_end",
        "past_due_since",
        "change_link",
    )
    list_filter = ("state", "plan")
    list_select_related = ("plan",)
    search_fields = ("=tenant_id", "=external_id")
    ordering = ("-past_due_since", "-id")
    inlines = (InvoiceInline,)
    fields = (
        "shop", "plan_shown", "fee_bp", "state", "standing", "trial_end", "period_end", "ends_at_period_end",
        "past_due_since", "external_id", "last_error",
    )  # fmt: skip

    @display(description=_("shop"))
    def shop(self, row: Subscription) -> str:
        """Return the shop's name."""
        return tenant_name(row.tenant_id)

    @display(description=_("plan"))
    def plan_shown(self, row: Subscription) -> str:
        """Return the plan's name."""
        return pick(row.plan.name)

    @display(description=_("what it may do"))
    def standing(self, row: Subscription) -> str:
        """Say what the shop may do at present."""
        return str(STANDINGS[selectors.standing_of(row.tenant_id).value])

    @display(description="")
    def change_link(self, row: Subscription) -> str:
        """Lead to giving the shop another plan without billing it."""
        if row.external_id and row.state != Subscription.State.ENDED:
            return ""
        return format_html(
            '<a href="{}">{}</a>', reverse("central:agree_plan", args=[row.pk]), _("agree on another")
        )


class AgreeForm(ReasonForm):
    """A plan without a bill, and a fee of its own."""

    plan = forms.ModelChoiceField(Plan.objects.all(), to_field_name="code", label=_("plan"))
    fee_bp = forms.IntegerField(
        min_value=0, max_value=5000, required=False, label=_("agreed fee, basis points")
    )


@dataclass(frozen=True, slots=True)
class Shop:
    """A tenant, as far as a subscription knows it."""

    id: UUID
    schema_name: str
    name: dict[str, str]


def agree(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Give a shop a plan that nobody bills."""
    row = Subscription.objects.select_related("plan").filter(pk=subscription_id).first()
    if row is None:
        raise Http404
    initial: dict[str, Any] = {"plan": row.plan.code, "fee_bp": row.fee_bp}
    form = AgreeForm(request.POST or None, initial=initial)
    name = tenant_name(row.tenant_id)
    if request.method == "POST" and form.is_valid():
        try:
            subscription_services.agree(
                tenant=Shop(row.tenant_id, row.schema, {"en": name}),
                plan_code=form.cleaned_data["plan"].code,
                fee_bp=form.cleaned_data["fee_bp"],
                acting_user=request.user,
                reason=form.cleaned_data["reason"],
            )
        except BanyanError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The plan is changed."))
            return redirect("central:plans_subscription_changelist")
    return render(request, "plans/agree.html", {"title": name, "form": form})
