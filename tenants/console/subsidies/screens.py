"""Subsidy budgets: set money aside, lower prices with it, hand out red packets."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.screens import attempt, press, render
from billing.ledger.models import AccountKind
from billing.subsidy_budgets import services as subsidy_budget_services
from billing.subsidy_budgets.services import BudgetView
from catalog.models import Category, Product
from components.console_questions import asks
from components.questions import Question
from kernel.money.money import format_money
from kernel.texts.translated import pick
from tenants.console.subsidies.forms import FundForm, GoodsSubsidyForm, RedPacketsForm
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.promotions.goods_subsidies import services as goods_subsidy_services
from tenants.shop.promotions.goods_subsidies.models import GoodsSubsidy
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.red_packets.models import RedPacketBatch


def _ask_fund(request: HttpRequest) -> Question | None:
    form = FundForm.of(request, "fund", currency=current_tenant().currency)
    if not (form.is_bound and form.is_valid() and form.cleaned_data["amount"]):
        return None
    source = dict(form.fields["source"].choices)[form.cleaned_data["source"]]  # type: ignore[attr-defined]
    return Question(
        title=_("Set this aside for subsidies?"),
        amount=form.cleaned_data["amount"],
        currency=current_tenant().currency,
        facts=[
            _("It is taken from %(source)s.") % {"source": source},
            _("What is left when the budget is closed goes to the prepaid balance."),
        ],
        button=_("Set it aside"),
        back=reverse("console:subsidies"),
    )


@asks(_ask_fund)
def budgets(request: HttpRequest) -> HttpResponse:
    """Show what was set aside, what was spent and what is left; set more aside, or close a budget."""
    tenant = current_tenant()
    may_fund = request.user.has_perm(subsidy_budget_services.MAY_FUND)
    form = FundForm.of(request, "fund", currency=tenant.currency)
    if may_fund and attempt(
        request,
        form,
        lambda: subsidy_budget_services.fund(
            tenant=tenant,
            name=form.cleaned_data["name"],
            amount=form.cleaned_data["amount"],
            source=AccountKind(form.cleaned_data["source"]),
            acting_user=signed_in(request),
            idempotency_key=form.cleaned_data["key"],
        ),
        _("The money is set aside."),
    ):
        return redirect("console:subsidies")
    context = {
        "title": _("Subsidy budgets"),
        "budgets": [(budget, _bar(budget)) for budget in subsidy_budget_services.budgets_of(tenant.id)],
        "form": form if may_fund else None,
    }
    return render(request, "console/subsidies/budgets.html", context)


def _bar(budget: BudgetView) -> dict[str, int]:
    """Return the picture's parts in thousandths of all that the budget holds and held."""
    whole = budget.total or 1
    return {"spent": budget.spent * 1_000 // whole, "aside": budget.set_aside * 1_000 // whole}


def _ask_issue(request: HttpRequest, budget_id: UUID) -> Question | None:
    currency = current_tenant().currency
    form = RedPacketsForm.of(request, "red_packets", currency=currency)
    if not (form.is_bound and form.is_valid() and form.cleaned_data["amount"]):
        return None
    packets = form.packets()
    each = format_money(packets["amount"], currency)
    return Question(
        title=_("Hand out %(number)d red packets of %(each)s?") % {"number": packets["number"], "each": each},
        amount=packets["amount"] * packets["number"],
        currency=currency,
        facts=[
            _("That much leaves the budget now. What members have taken stays theirs until its time is over.")
        ],
        button=_("Hand them out"),
        back=reverse("console:subsidy", args=[budget_id]),
    )


@asks(_ask_issue)
def budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """Show what a budget is used for; let it lower prices, or hand out red packets of its money."""
    tenant = current_tenant()
    budget = next((row for row in subsidy_budget_services.budgets_of(tenant.id) if row.id == budget_id), None)
    if budget is None:
        raise Http404
    may_use = request.user.has_perm(goods_subsidy_services.MAY_ATTACH)
    forms: list[dict[str, Any]] = []
    if budget.is_open and may_use:
        about: dict[str, Any] = {"budget_id": budget_id, "acting_user": signed_in(request)}
        goods = GoodsSubsidyForm.of(request, "goods", currency=tenant.currency)
        packets = RedPacketsForm.of(request, "red_packets", currency=tenant.currency)
        attached = attempt(
            request,
            goods,
            lambda: goods_subsidy_services.attach_subsidy(**about, **goods.subsidy()),
            _("The price is lower while the budget lasts."),
        )
        issued = attempt(
            request,
            packets,
            lambda: red_packet_services.issue(**about, **packets.packets()),
            _("The red packets are ready to be taken."),
        )
        if attached or issued:
            return redirect("console:subsidy", budget_id)
        forms = [
            {"form": goods, "submit": _("Lower the price")},
            {"form": packets, "submit": _("Hand them out")},
        ]
    context = {
        "title": budget.name,
        "budget": budget,
        "bar": _bar(budget),
        "goods": _goods_of(budget_id),
        "batches": red_packet_selectors.batches_of(budget_id),
        "forms": forms,
        "address": request.build_absolute_uri("/red-packets/"),
        "may_use": may_use,
    }
    return render(request, "console/subsidies/budget.html", context)


def _goods_of(budget_id: UUID) -> list[tuple[GoodsSubsidy, str]]:
    """Return a budget's goods subsidies, newest first, each with what it is for."""
    subsidies = list(GoodsSubsidy.objects.filter(budget_id=budget_id).order_by("-id")[:100])
    keys = {key for subsidy in subsidies for key in subsidy.products}
    own = listing_selectors.own_titles(keys)
    titles = {row.id: listing_selectors.title_of(row, own) for row in Product.objects.filter(id__in=keys)}
    categories = {row.slug: pick(row.name) for row in Category.objects.all()}
    rows = []
    for subsidy in subsidies:
        names = [titles.get(key, "–") for key in subsidy.products]
        names += [categories.get(subsidy.category, subsidy.category)] if subsidy.category else []
        if subsidy.variants:
            names.append(_("%(number)d variants") % {"number": len(subsidy.variants)})
        rows.append((subsidy, ", ".join(names)))
    return rows


def end_goods(request: HttpRequest, subsidy_id: UUID) -> HttpResponse:
    """End a goods subsidy before its time."""
    return press(
        request,
        lambda: goods_subsidy_services.end_subsidy(subsidy_id=subsidy_id, acting_user=signed_in(request)),
        "console:subsidies",
        said=_("The price is the normal one again."),
        then=lambda subsidy: redirect("console:subsidy", subsidy.budget_id),
    )


def _ask_stop(request: HttpRequest, batch_id: UUID) -> Question | None:
    batch = RedPacketBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        return None
    return Question(
        title=_("Hand out no more of “%(name)s”?") % {"name": batch.name},
        amount=(batch.number - batch.handed_out) * batch.amount,
        currency=current_tenant().currency,
        facts=[_("What was not taken goes back to the budget. It cannot be begun again.")],
        button=_("Hand out no more"),
        back=reverse("console:subsidy", args=[batch.budget_id]),
    )


@asks(_ask_stop)
def stop_red_packets(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Hand out no more of these red packets."""
    return press(
        request,
        lambda: red_packet_services.stop(batch_id=batch_id, acting_user=signed_in(request)),
        "console:subsidies",
        said=_("No more are handed out; what was not taken is on the budget again."),
        then=lambda batch: redirect("console:subsidy", batch.budget_id),
    )


def _ask_close(request: HttpRequest, budget_id: UUID) -> Question | None:
    budgets = subsidy_budget_services.budgets_of(current_tenant().id)
    budget = next((row for row in budgets if row.id == budget_id and row.is_open), None)
    if budget is None:
        return None
    return Question(
        title=_("Close the budget “%(name)s”?") % {"name": budget.name},
        amount=budget.left,
        currency=budget.currency,
        facts=[
            _("What is left goes to the prepaid balance; prices that it lowers are the normal ones again.")
        ],
        button=_("Close the budget"),
        back=reverse("console:subsidy", args=[budget_id]),
    )


@asks(_ask_close)
def close(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """Close a budget; what is left goes back to the prepaid balance."""
    return press(
        request,
        lambda: subsidy_budget_services.close(
            budget_id=budget_id, tenant=current_tenant(), acting_user=signed_in(request)
        ),
        "console:subsidies",
        said=_("The budget is closed; what was left is on the prepaid balance."),
    )
