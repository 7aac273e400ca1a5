"""The shop's plan: what it costs and allows, what is used, changing it, the bills."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.screens import render
from billing.plans import selectors
from billing.plans.gateway import PreviewLine
from billing.plans.models import Invoice, Plan, Subscription
from billing.plans.selectors import Standing
from billing.plans.subscriptions import services as subscription_services
from billing.plans.usage import Metric
from components.console_questions import asks
from components.questions import Question
from kernel import clock
from kernel.calls.errors import CallError
from kernel.errors import BanyanError
from kernel.texts.translated import pick
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant

LIMITS = {
    Metric.MEMBERS: gettext_lazy("Members"),
    Metric.ORDERS: gettext_lazy("Paid orders this month"),
    Metric.DOMAINS: gettext_lazy("Hosts"),
    Metric.API_CALLS: gettext_lazy("API calls this month"),
}
UNREACHABLE = gettext_lazy(
    "The billing service does not answer at present. Nothing was changed; try again soon."
)
LAST_MOMENT = 2**35
"""Seconds; a moment far behind it is none that a calendar has."""


class ChangeForm(forms.Form):
    """What was previewed, sent back with the click that wants it."""

    plan = forms.SlugField()
    at = forms.IntegerField(min_value=0, max_value=LAST_MOMENT, required=False)
    expected = forms.IntegerField(min_value=0, required=False)


def _ask(request: HttpRequest) -> Question | None:
    """Ask before a plan is taken or a bill is paid; a change of plan is previewed with its sum."""
    act, form = request.POST.get("act", ""), ChangeForm(request.POST)
    if act == "pay":
        invoices = selectors.invoices_of(current_tenant().id)
        bill = next((row for row in invoices if row.state == Invoice.State.OPEN), None)
        if bill is None:
            return None
        title, button, amount, currency = _("Pay this bill now?"), _("Pay it"), bill.total, bill.currency
        facts = [_("It is taken from the card that the shop has named.")]
    elif act == "choose" and form.is_valid() and (row := _offered(form.cleaned_data["plan"])):
        title, button = _("Take the plan %(plan)s?") % {"plan": pick(row.name)}, _("Take this plan")
        amount, currency = row.price, row.currency
        facts = [_("That much a month, and %(fee)s %% of the goods paid.") % {"fee": f"{row.fee_bp / 100:g}"}]
        if row.trial_days:
            facts.append(
                _("The first %(days)d days are free; they begin now, and a shop has them once.")
                % {"days": row.trial_days}
            )
    else:
        return None
    return Question(
        title=title,
        button=button,
        amount=amount,
        currency=currency,
        facts=facts,
        back=reverse("console:plan"),
    )


def _offered(code: str) -> Plan | None:
    return next((plan for plan in selectors.offered_plans() if plan.code == code), None)


@asks(_ask)
def plan(request: HttpRequest) -> HttpResponse:
    """Show the plan, what is used of it and the bills; choose, change and pay."""
    tenant = current_tenant()
    may_change = request.user.has_perm("plans.change_subscription")
    offer = None
    if request.method == "POST" and may_change:
        try:
            offer = _act(request, tenant)
        except (BanyanError, CallError) as error:
            _say(request, error)
        if offer is None:
            return redirect("console:plan")
    context = {**_context(tenant), "offer": offer, "may_change": may_change}
    return render(request, "console/plan/plan.html", context)


def card(request: HttpRequest) -> HttpResponse:
    """Lead to the billing service's page for the card: by a link, for a form may not lead elsewhere (CSP)."""
    back = request.build_absolute_uri(request.path.split("/console/")[0] + "/console/plan/")
    try:
        return redirect(subscription_services.card_page(tenant=current_tenant(), return_url=back))
    except (BanyanError, CallError) as error:
        _say(request, error)
    return redirect("console:plan")


def _say(request: HttpRequest, error: BanyanError | CallError) -> None:
    messages.error(request, error.text if isinstance(error, BanyanError) else str(UNREACHABLE))


def _act(request: HttpRequest, tenant: Tenant) -> dict[str, Any] | None:
    """Do what was clicked; a preview is returned to be shown."""
    user, act = signed_in(request), request.POST.get("act", "")
    if act == "pay":
        subscription_services.pay_open_invoice(tenant=tenant, acting_user=user)
        messages.success(request, _("Paid. Thank you."))
        return None
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return None
    code = form.cleaned_data["plan"]
    if act == "choose":
        subscription_services.subscribe(tenant=tenant, plan_code=code, email=user.email, acting_user=user)
        text = _("The plan is chosen. Name a card now, so that it goes on after the trial.")
        messages.success(request, text)
        return None
    if act == "change":
        subscription_services.change_plan(
            tenant=tenant,
            plan_code=code,
            at=datetime.fromtimestamp(form.cleaned_data["at"] or 0, UTC),
            expected=form.cleaned_data["expected"] or 0,
            acting_user=user,
        )
        messages.success(request, _("The plan is changed."))
        return None
    return _preview(tenant, code)


def _preview(tenant: Tenant, code: str) -> dict[str, Any]:
    preview = subscription_services.preview(tenant=tenant, plan_code=code)
    present, chosen = selectors.plan_of(tenant.id), Plan.objects.get(code=code)
    # What the lines come to and is not asked for now stays with the biller, or came from there.
    rest = preview.due_now - sum(line.amount for line in preview.lines)
    return {
        "plan": chosen,
        "fee": f"{chosen.fee_bp / 100:g}",
        "preview": preview,
        "lines": [
            {"text": _line_text(line, present, chosen), "amount": line.amount} for line in preview.lines
        ],
        "credit": max(0, rest),
        "used": min(0, rest),
        "at": int(preview.at.timestamp()),
    }


def _line_text(line: PreviewLine, present: Plan, chosen: Plan) -> str:
    """Say what a line is in the reader's language; the biller's own texts are in one of its choosing."""
    if line.amount < 0:
        return _("%(plan)s: the rest of the paid month, given back") % {"plan": pick(present.name)}
    if line.amount > 0:
        return _("%(plan)s: until the end of the paid month") % {"plan": pick(chosen.name)}
    return _("%(plan)s: nothing while the trial lasts") % {"plan": pick(chosen.name)}


def _context(tenant: Tenant) -> dict[str, Any]:
    # Whoever looks here or has just paid sees how it stands, not how it stood half a minute ago.
    selectors.forget(tenant.id)
    subscription = selectors.subscription_of(tenant.id)
    standing, present = selectors.standing_of(tenant.id), selectors.plan_of(tenant.id)
    invoices = list(selectors.invoices_of(tenant.id)[:100])
    return {
        "title": _("Plan and invoices"),
        "subscription": subscription,
        # A shop that never chose has the first plan, and it is active.
        "status": subscription or Subscription(state=Subscription.State.ACTIVE),
        "plan": present,
        "plan_name": pick(present.name),
        "fee": f"{selectors.fee_percent_of(tenant.id):g}",
        "standing": standing.value,
        "closes_at": _closes_at(subscription, standing),
        "bars": [{"bar": bar, "name": LIMITS[bar.metric]} for bar in selectors.bars_of(tenant.id)],
        "plans": [
            {"plan": plan, "name": pick(plan.name), "fee": f"{plan.fee_bp / 100:g}"}
            for plan in selectors.offered_plans()
        ],
        "billed": subscription is not None
        and bool(subscription.external_id)
        and subscription.state != Subscription.State.ENDED,
        "has_open": any(invoice.state == Invoice.State.OPEN for invoice in invoices),
        "invoices": invoices,
        "now": clock.now(),
    }


def _closes_at(subscription: Subscription | None, standing: Standing) -> datetime | None:
    """Return when the next restriction comes, if the bill stays open."""
    since = subscription.past_due_since if subscription else None
    steps = subscription_services.restrictions_after()
    if since is None or standing not in steps:
        return None
    return since + timedelta(days=steps[standing])
