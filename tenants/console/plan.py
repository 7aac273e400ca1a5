"""The operators' page of their plan: what it costs and allows, what is used, changing it, the bills."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import tones
from backoffice.screens import render
from billing.plans import selectors
from billing.plans.gateway import PreviewLine
from billing.plans.models import Invoice, Plan, Subscription
from billing.plans.selectors import Standing
from billing.plans.subscriptions import services as subscription_services
from billing.plans.usage import Metric
from kernel import clock
from kernel.errors import BanyanError
from kernel.outgoing import CallError
from kernel.text import pick

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


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri(request.path.split("/console/")[0] + "/console/plan/")


def plan(request: HttpRequest) -> HttpResponse:
    """Show the plan, what is used of it and the bills; choose, change and pay."""
    tenant: Any = getattr(request, "tenant", None)
    may_change = request.user.has_perm("plans.change_subscription")
    offer = None
    if request.method == "POST" and may_change:
        try:
            answer = _act(request, tenant)
        except CallError:
            messages.error(request, str(UNREACHABLE))
        except BanyanError as error:
            messages.error(request, error.text)
        else:
            if isinstance(answer, HttpResponse):
                return answer
            offer = answer
        if offer is None:
            return redirect("console:plan")
    return render(request, "plans/plan.html", _shown(tenant, offer, may_change=may_change))


def card(request: HttpRequest) -> HttpResponse:
    """Lead to the billing service's page for the card: by a link, for a form may not lead elsewhere (CSP)."""
    tenant: Any = getattr(request, "tenant", None)
    try:
        return redirect(subscription_services.card_page(tenant=tenant, return_url=_address(request)))
    except CallError:
        messages.error(request, str(UNREACHABLE))
    except BanyanError as error:
        messages.error(request, error.text)
    return redirect("console:plan")


def _act(request: HttpRequest, tenant: Any) -> HttpResponse | dict[str, Any]:
    """Do what was clicked; a preview is returned to be shown."""
    email, act = str(getattr(request.user, "email", "")), request.POST.get("act", "")
    if act == "pay":
        subscription_services.pay_open_invoice(tenant=tenant, acting_user=request.user)
        messages.success(request, _("Paid. Thank you."))
        return redirect("console:plan")
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return redirect("console:plan")
    code = form.cleaned_data["plan"]
    if act == "choose":
        subscription_services.subscribe(tenant=tenant, plan_code=code, email=email, acting_user=request.user)
        messages.success(
            request, _("The plan is chosen. Name a card now, so that it goes on after the trial.")
        )
        return redirect("console:plan")
    if act == "change":
        subscription_services.change_plan(
            tenant=tenant,
            plan_code=code,
            at=datetime.fromtimestamp(form.cleaned_data["at"] or 0, UTC),
            expected=form.cleaned_data["expected"] or 0,
            acting_user=request.user,
        )
        messages.success(request, _("The plan is changed."))
        return redirect("console:plan")
    preview = subscription_services.preview(tenant=tenant, plan_code=code)
    found = Plan.objects.get(code=code)
    # What the lines come to and is not asked for now stays with the biller, or came from there.
    rest = preview.due_now - sum(line.amount for line in preview.lines)
    return {
        "plan": found,
        "fee": f"{found.fee_bp / 100:g}",
        "preview": preview,
        "lines": [
            {"text": _line_text(line, selectors.plan_of(tenant.id), found), "amount": line.amount}
            for line in preview.lines
        ],
        "credit": max(0, rest),
        "used": min(0, rest),
        "at": int(preview.at.timestamp()),
    }


def _line_text(line: PreviewLine, present: Plan, wanted: Plan) -> str:
    """Say what a line is in the reader's language; the biller's own texts are in one of its choosing."""
    if line.amount < 0:
        return _("%(plan)s: the rest of the paid month, given back") % {"plan": pick(present.name)}
    if line.amount > 0:
        return _("%(plan)s: until the end of the paid month") % {"plan": pick(wanted.name)}
    return _("%(plan)s: nothing while the trial lasts") % {"plan": pick(wanted.name)}


def _shown(tenant: Any, offer: dict[str, Any] | None, *, may_change: bool) -> dict[str, Any]:
    # Whoever looks here or has just paid sees how it stands, not how it stood half a minute ago.
    selectors.forget(tenant.id)
    row = selectors.subscription_of(tenant.id)
    now, standing = clock.now(), selectors.standing_of(tenant.id)
    rows = list(selectors.invoices_of(tenant.id)[:100])
    invoices = [
        {
            "row": invoice,
            "state": invoice.get_state_display(),
            "badge": tones.badge(invoice.state, invoice),
        }
        for invoice in rows
    ]
    current = selectors.plan_of(tenant.id)
    billed = row is not None and bool(row.external_id) and row.state != Subscription.State.ENDED
    return {
        "title": _("Plan and invoices"),
        "subscription": row,
        "plan": current,
        "plan_name": pick(current.name),
        "fee": f"{selectors.fee_percent_of(tenant.id):g}",
        "state": row.get_state_display() if row else Subscription.State.ACTIVE.label,
        "badge": tones.badge(row.state if row else Subscription.State.ACTIVE),
        "standing": standing.value,
        "closes_at": _closes_at(row, standing),
        "bars": [{"bar": bar, "name": LIMITS[bar.metric]} for bar in selectors.bars_of(tenant.id)],
        "plans": [
            {"plan": each, "name": pick(each.name), "fee": f"{each.fee_bp / 100:g}"}
            for each in selectors.offered_plans()
        ],
        "billed": billed,
        "has_open": any(invoice.state == Invoice.State.OPEN for invoice in rows),
        "invoices": invoices,
        "offer": offer,
        "may_change": may_change,
        "now": now,
    }


def _closes_at(row: Subscription | None, standing: Standing) -> datetime | None:
    """Return when the next restriction comes, if the bill stays open."""
    since = row.past_due_since if row else None
    steps = subscription_services.restrictions_after()
    if since is None or standing not in steps:
        return None
    return since + timedelta(days=steps[standing])
