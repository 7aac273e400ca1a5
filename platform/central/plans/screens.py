"""Giving a shop a plan that nobody bills."""

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ReasonForm
from backoffice.screens import form_screen
from billing.plans.models import CardFeeBearer, Plan, Subscription
from billing.plans.subscriptions import services as subscription_services
from tenants.registry.selectors import tenant_name


class AgreeForm(ReasonForm):
    """A plan without a bill, and a fee of its own."""

    plan = forms.ModelChoiceField(Plan.objects.all(), to_field_name="code", label=_("plan"))
    fee_bp = forms.IntegerField(
        min_value=0, max_value=5000, required=False, label=_("agreed fee, basis points")
    )
    card_fee_bearer = forms.ChoiceField(
        choices=[("", _("as in the plan")), *CardFeeBearer.choices],
        required=False,
        label=_("payment fees are borne by"),
    )


@dataclass(frozen=True, slots=True)
class SubscribedShop:
    """A tenant, as far as a subscription knows it."""

    id: UUID
    schema_name: str
    name: dict[str, str]


def agree(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Agree on a plan, and on a fee that takes the place of the plan's."""
    row = get_object_or_404(Subscription.objects.select_related("plan"), pk=subscription_id)
    form = AgreeForm(
        request.POST or None,
        initial={"plan": row.plan.code, "fee_bp": row.fee_bp, "card_fee_bearer": row.card_fee_bearer},
    )
    name = tenant_name(row.tenant_id)
    return form_screen(
        request,
        form,
        lambda: subscription_services.agree(
            tenant=SubscribedShop(row.tenant_id, row.schema, {"en": name}),
            plan_code=form.cleaned_data["plan"].code,
            fee_bp=form.cleaned_data["fee_bp"],
            card_fee_bearer=form.cleaned_data["card_fee_bearer"],
            acting_user=request.user,
            reason=form.cleaned_data["reason"],
        ),
        "central:plans_subscription_changelist",
        title=name,
        said=_("The plan is changed."),
        note=_(
            "The shop gets the plan without being billed for it; "
            "a fee written here takes the place of the plan's."
        ),
        submit=_("Agree"),
    )
