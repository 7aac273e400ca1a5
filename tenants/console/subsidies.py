"""Subsidy budgets in the shop's console: set money aside, lower prices with it, hand out red packets."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from backoffice.forms import AmountField, refuse
from backoffice.screens import render
from billing.ledger.models import AccountKind
from billing.subsidies import services as subsidy_services
from billing.subsidies.services import BudgetView
from catalog.models import Category, Product
from kernel.errors import BanyanError, NotFound
from kernel.text import pick
from tenants.agents.models import Origin
from tenants.console.withdrawals import MoneyForm, bound
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.models import GoodsSubsidy, RedPacketBatch
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.subsidies import services as tenants_subsidy_services

MOMENT = "%Y-%m-%dT%H:%M"
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""In the first and the last year of the calendar another time zone's moment is one that nothing can read."""
FAR = gettext_lazy("Write a day between the years 2000 and 2100.")
GOODS = re.compile(
    r"(?:.*/p/)?(?P<supplier>[-\w]{1,60})/(?P<handle>[^/?\s]{1,200})/?(?:\?v=(?P<variant>[-0-9a-f]{36}))?"
)


class FundForm(MoneyForm):
    """What to set aside for subsidies."""

    name = forms.CharField(label=gettext_lazy("Name of the budget"), max_length=80)
    amount = AmountField(label=gettext_lazy("Amount"))
    source = forms.ChoiceField(
        label=gettext_lazy("Paid from"),
        choices=[
            (str(AccountKind.TENANT_PREPAID), gettext_lazy("the prepaid balance")),
            (str(AccountKind.TENANT_MARGIN), gettext_lazy("the margin")),
        ],
    )


def moment(label: Any) -> forms.DateTimeField:
    """Return a field for a day and an hour between FIRST and LAST."""
    bounds = {"min": f"{FIRST:{MOMENT}}", "max": f"{LAST:{MOMENT}}"}
    widget = forms.DateTimeInput({"type": "datetime-local", **bounds}, format=MOMENT)
    limits = [kind(moment, FAR) for kind, moment in ((MinValueValidator, FIRST), (MaxValueValidator, LAST))]
    return forms.DateTimeField(label=label, widget=widget, input_formats=[MOMENT], validators=limits)


class GoodsForm(MoneyForm):
    """Whose price a budget lowers, by how much and when."""

    goods = forms.CharField(
        label=gettext_lazy("Goods"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "addresses of their pages in the shop, one a line; with ?v=… that variant alone"
        ),
    )
    category = forms.ChoiceField(label=gettext_lazy("or a category, with all below it"), required=False)
    amount = AmountField(label=gettext_lazy("Paid of each unit"))
    starts_at = moment(gettext_lazy("From"))
    ends_at = moment(gettext_lazy("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Category.objects.order_by("position", "slug")
        self.fields["category"].choices = [("", "–"), *((row.slug, pick(row.name)) for row in rows)]  # type: ignore[attr-defined]


class PacketsForm(MoneyForm):
    """Red packets to hand out."""

    name = forms.CharField(label=gettext_lazy("Name that members see"), max_length=80)
    amount = AmountField(label=gettext_lazy("In each packet"))
    number = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=red_packet_services.MOST
    )
    min_spend = AmountField(label=gettext_lazy("For goods of at least"))
    expires_at = moment(gettext_lazy("Good until"))
    audience = forms.ChoiceField(
        label=gettext_lazy("Who may take one"), choices=RedPacketBatch.Audience.choices
    )
    origin_code = forms.ChoiceField(label=gettext_lazy("Room, note or group"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Origin.objects.filter(is_open=True).order_by("-id")[:200]
        self.fields["origin_code"].choices = [("", "–"), *((row.code, row.title) for row in rows)]  # type: ignore[attr-defined]


def subsidies_page(request: HttpRequest) -> HttpResponse:
    """Show what was set aside, what was spent and what is left; set more aside, or close a budget."""
    tenant = current_tenant()
    may_fund = request.user.has_perm(subsidy_services.MAY_FUND)
    form = bound(request, FundForm, "fund", tenant)
    try:
        if may_fund and form.is_bound and form.is_valid():
            subsidy_services.fund(
                tenant=tenant,
                name=form.cleaned_data["name"],
                amount=form.cleaned_data["amount"],
                source=AccountKind(form.cleaned_data["source"]),
                acting_user=signed_in(request),
                idempotency_key=form.cleaned_data["key"],
            )
            messages.success(request, _("The money is set aside."))
            return redirect("console:subsidies")
    except BanyanError as error:
        refuse(form, error)
    context = {
        "title": _("Subsidy budgets"),
        "budgets": [(budget, _bar(budget)) for budget in subsidy_services.budgets_of(tenant.id)],
        "form": form if may_fund else None,
    }
    return render(request, "operators/subsidies.html", context)


def _bar(budget: BudgetView) -> dict[str, int]:
    """Return the picture's parts in thousandths of all that the budget holds and held."""
    whole = budget.total or 1
    spent = budget.spent * 1_000 // whole
    aside = budget.set_aside * 1_000 // whole
    return {"spent": spent, "aside": aside, "left": 1_000 - spent - aside, "left_at": spent + aside}


def one_budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """Show what a budget is used for; let it lower prices, or hand out red packets of its money."""
    tenant = current_tenant()
    budget = next((one for one in subsidy_services.budgets_of(tenant.id) if one.id == budget_id), None)
    if budget is None:
        raise Http404
    forms_shown: list[dict[str, Any]] = []
    if budget.is_open and request.user.has_perm(tenants_subsidy_services.MAY_ATTACH):
        for which, shape, act, submit in (
            ("goods", GoodsForm, _attach, _("Lower the price")),
            ("packets", PacketsForm, _hand_out, _("Hand them out")),
        ):
            form = bound(request, shape, which, tenant)
            if form.is_bound and form.is_valid():
                try:
                    act(request, budget_id, form.cleaned_data)
                except BanyanError as error:
                    refuse(form, error)
                else:
                    return redirect("console:subsidy", budget_id)
            forms_shown.append({"form": form, "submit": submit})
    found = [one for one in red_packet_selectors.all_batches() if one.batch.budget_id == budget_id]
    context = {
        "title": budget.name,
        "budget": budget,
        "bar": _bar(budget),
        "goods": _goods_of(budget_id),
        "packets": [(one, one.batch.get_audience_display()) for one in found],
        "forms": forms_shown,
        "address": request.build_absolute_uri("/packets/"),
        "may_make": request.user.has_perm(tenants_subsidy_services.MAY_ATTACH),
    }
    return render(request, "operators/subsidy.html", context)


def _attach(request: HttpRequest, budget_id: UUID, wanted: dict[str, Any]) -> None:
    products, variants = _named(wanted["goods"])
    tenants_subsidy_services.attach_subsidy(
        budget_id=budget_id,
        amount=wanted["amount"],
        starts_at=wanted["starts_at"],
        ends_at=wanted["ends_at"],
        acting_user=signed_in(request),
        products=products,
        variants=variants,
        category=wanted["category"],
    )
    messages.success(request, _("The price is lower while the budget lasts."))


def _named(text: str) -> tuple[list[UUID], list[UUID]]:
    """Return the products and the variants that pasted addresses name. Raises NotFound."""
    products, variants = [], []
    for line in text.split():
        match = GOODS.fullmatch(line)
        found = (
            match and Product.objects.filter(supplier__code=match["supplier"], handle=match["handle"]).first()
        )
        if not match or not found:
            raise NotFound(_("this address leads to no goods"), field="goods", value=line[:80])
        if match["variant"]:
            variants.append(UUID(match["variant"]))
        else:
            products.append(found.id)
    return products, variants


def _hand_out(request: HttpRequest, budget_id: UUID, wanted: dict[str, Any]) -> None:
    red_packet_services.issue(
        budget_id=budget_id,
        name=wanted["name"],
        amount=wanted["amount"],
        number=wanted["number"],
        min_spend=wanted["min_spend"],
        expires_at=wanted["expires_at"],
        audience=wanted["audience"],
        origin_code=wanted["origin_code"],
        acting_user=signed_in(request),
    )
    messages.success(request, _("The red packets are ready to be taken."))


def _goods_of(budget_id: UUID) -> list[tuple[GoodsSubsidy, str]]:
    """Return a budget's goods subsidies, newest first, each with what it is for."""
    rows = list(GoodsSubsidy.objects.filter(budget_id=budget_id).order_by("-id")[:100])
    keys = {key for row in rows for key in row.products}
    own = listing_selectors.own_titles(keys)
    titles = {row.id: listing_selectors.title_of(row, own) for row in Product.objects.filter(id__in=keys)}
    categories = {row.slug: pick(row.name) for row in Category.objects.all()}
    found = []
    for row in rows:
        names = [titles.get(key, "–") for key in row.products]
        names += [categories.get(row.category, row.category)] if row.category else []
        if row.variants:
            names.append(_("%(number)d variants") % {"number": len(row.variants)})
        found.append((row, ", ".join(names)))
    return found


def end_goods(request: HttpRequest, subsidy_id: UUID) -> HttpResponse:
    """End a goods subsidy before its time."""
    if request.method != "POST":
        return redirect("console:subsidies")
    try:
        made = tenants_subsidy_services.end_subsidy(subsidy_id=subsidy_id, acting_user=signed_in(request))
    except NotFound as error:
        raise Http404 from error
    messages.success(request, _("The price is the normal one again."))
    return redirect("console:subsidy", made.budget_id)


def stop_packets(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Hand out no more of these red packets."""
    if request.method != "POST":
        return redirect("console:subsidies")
    try:
        made = red_packet_services.stop(batch_id=batch_id, acting_user=signed_in(request))
    except NotFound as error:
        raise Http404 from error
    messages.success(request, _("No more are handed out; what was not taken is on the budget again."))
    return redirect("console:subsidy", made.budget_id)


def close_budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """Close a budget; what is left goes back to the prepaid balance."""
    if request.method == "POST":
        try:
            subsidy_services.close(
                budget_id=budget_id, tenant=current_tenant(), acting_user=signed_in(request)
            )
            messages.success(request, _("The budget is closed; what was left is on the prepaid balance."))
        except BanyanError as error:
            messages.error(request, str(error.message))
    return redirect("console:subsidies")
