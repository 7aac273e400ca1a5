"""Campaigns: set goods aside for one seller, release them to the others, end it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.screens import attempt, page_of, press, render
from components.console_questions import asks
from components.questions import Question
from tenants.console.campaigns.forms import CampaignForm
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.campaigns import services as campaign_services
from tenants.shop.promotions.campaigns.models import Campaign
from tenants.shop.promotions.campaigns.selectors import CampaignItemStatus

MAY_OPEN = "shop.add_campaign"
PHASES = {
    "waiting": gettext_lazy("not yet begun"),
    "seller": gettext_lazy("its seller sells"),
    "matrix": gettext_lazy("the others sell off what is left"),
    "over": gettext_lazy("over"),
}


@dataclass(frozen=True, slots=True)
class AllocationBar:
    """Where the units of a variant are; ``sold`` and ``reserved`` in thousandths of all."""

    title: str
    status: CampaignItemStatus
    sold: int
    reserved: int


def campaigns(request: HttpRequest) -> HttpResponse:
    """List the campaigns, newest first, each with what is sold and left; make another."""
    currency = current_tenant().currency
    form = CampaignForm.of(request, "campaign", currency=currency)
    may_open = request.user.has_perm(MAY_OPEN)
    if may_open and attempt(
        request,
        form,
        lambda: campaign_services.open_campaign(**form.campaign(currency), acting_user=signed_in(request)),
        _("The goods are set aside."),
    ):
        return redirect("console:campaigns")
    page = page_of(request, Campaign.objects.select_related("seller__user").prefetch_related("items"), 20)
    context = {
        "title": _("Campaigns"),
        "page": page,
        "campaigns": [(campaign, _phase(campaign), _bars(campaign)) for campaign in page],
        "form": form if may_open else None,
        "tenant_currency": currency,
    }
    return render(request, "console/campaigns/campaigns.html", context)


def _phase(campaign: Campaign) -> tuple[str, Any]:
    phase = campaign_selectors.phase_of(campaign)
    return phase, PHASES[phase]


def _bars(campaign: Campaign) -> list[AllocationBar]:
    statuses = campaign_selectors.item_statuses(campaign)
    own = listing_selectors.own_titles(status.allocation.variant.product_id for status in statuses)
    return [
        AllocationBar(
            " ".join(
                [listing_selectors.title_of(status.allocation.variant.product, own),
                 *status.allocation.variant.options]
            ),
            status,
            status.allocation.sold * 1_000 // status.allocation.units,
            status.allocation.reserved * 1_000 // status.allocation.units,
        )
        for status in statuses
    ]  # fmt: skip


def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show a campaign: where its units are, and who sold how many."""
    campaign = _campaign(campaign_id)
    context = {
        "title": campaign.name,
        "campaign": campaign,
        "phase": _phase(campaign),
        "rows": _bars(campaign),
        "tenant_currency": current_tenant().currency,
        "sellers": campaign_selectors.sold_by(campaign),
        "may_open": request.user.has_perm(MAY_OPEN),
    }
    return render(request, "console/campaigns/campaign.html", context)


def _campaign(campaign_id: UUID) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("seller__user"), pk=campaign_id)


def _ask_release(request: HttpRequest, campaign_id: UUID) -> Question | None:
    return Question(
        title=_("Let the other sellers have what “%(name)s” has left?")
        % {"name": _campaign(campaign_id).name},
        facts=[_("Its seller cannot get these units back.")],
        button=_("Open them to the others"),
        back=reverse("console:campaign", args=[campaign_id]),
    )


@asks(_ask_release)
def release(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Let the other sellers have what the campaign's seller has left."""
    campaign = _campaign(campaign_id)
    return press(
        request,
        lambda: campaign_services.release_units(campaign=campaign, acting_user=signed_in(request)),
        "console:campaign",
        campaign_id,
        said=lambda number: _("%(number)d units are open to the other sellers.") % {"number": number},
    )


def _ask_end(request: HttpRequest, campaign_id: UUID) -> Question | None:
    return Question(
        title=_("End “%(name)s” now?") % {"name": _campaign(campaign_id).name},
        facts=[_("What nobody bought is stock of all again. The campaign cannot be begun again.")],
        button=_("End the campaign"),
        back=reverse("console:campaign", args=[campaign_id]),
    )


@asks(_ask_end)
def end(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """End a campaign before its time."""
    campaign = _campaign(campaign_id)
    return press(
        request,
        lambda: campaign_services.end_campaign(campaign=campaign, acting_user=signed_in(request)),
        "console:campaign",
        campaign_id,
        said=_("The campaign is over; what nobody bought is stock again."),
    )
