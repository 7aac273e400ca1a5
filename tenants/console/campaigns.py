"""Campaigns in the shop's console: set goods aside for one seller, release them to the others, end it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from backoffice.forms import refuse
from backoffice.screens import render
from catalog.models import Product
from kernel.errors import BanyanError, InvalidInput, NotFound
from kernel.money import parse_amount
from tenants.agents.models import Member, Origin
from tenants.console.subsidies import GOODS, moment
from tenants.console.withdrawals import MoneyForm, bound
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.models import Campaign
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.campaigns import services as campaign_services
from tenants.shop.promotions.campaigns.selectors import CampaignItemStatus
from tenants.shop.promotions.campaigns.services import NewCampaignItem

MAY_MAKE = "shop.add_campaign"
PHASES = {
    "waiting": gettext_lazy("not yet begun"),
    "seller": gettext_lazy("its seller sells"),
    "matrix": gettext_lazy("the others sell off what is left"),
    "over": gettext_lazy("over"),
}


class CampaignForm(MoneyForm):
    """A campaign to make."""

    name = forms.CharField(label=gettext_lazy("Name of the campaign"), max_length=120)
    seller = forms.CharField(
        label=gettext_lazy("Whose campaign"),
        required=False,
        max_length=12,
        help_text=gettext_lazy(
            "code of a room, note or group, or a member's referral code; left empty, everybody buys"
        ),
    )
    starts_at = moment(gettext_lazy("From"))
    ends_at = moment(gettext_lazy("Until"))
    matrix_until = moment(gettext_lazy("The others sell until"))
    goods = forms.CharField(
        label=gettext_lazy("Goods"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy(
            "one a line: address of its page in the shop (with ?v=… where it has variants), units, "
            "the price, and the price at which the others sell it off; without a price, the shop's own"
        ),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """Where the units of a variant are, with the parts of its bar in thousandths."""

    title: str
    status: CampaignItemStatus
    sold: int
    held: int

    @property
    def held_at(self) -> int:
        """Where on the bar held units begin."""
        return self.sold


def campaigns_page(request: HttpRequest) -> HttpResponse:
    """List the campaigns, newest first, each with what is sold and left; make another."""
    form = bound(request, CampaignForm, "campaign", current_tenant())
    may_make = request.user.has_perm(MAY_MAKE)
    if may_make and form.is_bound and form.is_valid():
        try:
            _make(request, form.cleaned_data)
        except BanyanError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The goods are set aside."))
            return redirect("console:campaigns")
    rows = Campaign.objects.select_related("seller__user").prefetch_related("items")
    page = Paginator(rows, 20).get_page(request.GET.get("page"))
    context = {
        "title": _("Campaigns"),
        "page": page,
        "campaigns": [(one, _phase(one), _rows(one)) for one in page],
        "form": form if may_make else None,
        "tenant_currency": current_tenant().currency,
    }
    return render(request, "operators/campaigns.html", context)


def _make(request: HttpRequest, wanted: dict[str, Any]) -> None:
    try:
        campaign_id = UUID(wanted["key"])
    except ValueError:
        raise InvalidInput(_("open the page again"), field="name") from None
    campaign_services.open_campaign(
        campaign_id=campaign_id,
        name=wanted["name"],
        seller=_seller(wanted["seller"]),
        starts_at=wanted["starts_at"],
        ends_at=wanted["ends_at"],
        matrix_until=wanted["matrix_until"],
        items=[_item(line) for line in wanted["goods"].splitlines() if line.strip()],
        acting_user=signed_in(request),
    )


def _seller(code: str) -> Member | None:
    if not code:
        return None
    origin = Origin.objects.filter(code=code).select_related("owner").first()
    found = origin.owner if origin else Member.objects.filter(referral_code=code).first()
    if found is None:
        raise NotFound(_("nobody in the shop has this code"), field="seller", value=code)
    return found


def _item(line: str) -> NewCampaignItem:
    """Return what a line of the form names: address, units, price, price for selling off."""
    address, *numbers = line.split()
    match = GOODS.fullmatch(address)
    product = (
        match and Product.objects.filter(supplier__code=match["supplier"], handle=match["handle"]).first()
    )
    if not match or not product:
        raise NotFound(_("this address leads to no goods"), field="goods", value=address[:80])
    variants = product.variants.filter(is_active=True)
    found = list(variants.filter(pk=match["variant"]) if match["variant"] else variants[:2])
    if len(found) != 1:
        raise InvalidInput(
            _("this product has variants: name one by ?v=…"), field="goods", value=address[:80]
        )
    if not 1 <= len(numbers) <= 3 or not numbers[0].isascii() or not numbers[0].isdigit():
        raise InvalidInput(_("write address, units and prices, parted by spaces"), field="goods", value=line)
    currency = current_tenant().currency
    prices = [parse_amount(text, currency, field="goods") for text in numbers[1:]]
    return NewCampaignItem(found[0].pk, min(int(numbers[0]), 2**31 - 1), *prices)


def _phase(campaign: Campaign) -> tuple[str, Any]:
    phase = campaign_selectors.phase_of(campaign)
    return phase, PHASES[phase]


def _rows(campaign: Campaign) -> list[Row]:
    found = campaign_selectors.item_statuses(campaign)
    own = listing_selectors.own_titles(one.allocation.variant.product_id for one in found)
    return [
        Row(
            " ".join(
                [
                    listing_selectors.title_of(one.allocation.variant.product, own),
                    *one.allocation.variant.options,
                ]
            ),
            one,
            one.allocation.sold * 1_000 // one.allocation.units,
            one.allocation.reserved * 1_000 // one.allocation.units,
        )
        for one in found
    ]


def one_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show a campaign: where its units are, and who sold how many."""
    campaign = _campaign(campaign_id)
    context = {
        "title": campaign.name,
        "campaign": campaign,
        "phase": _phase(campaign),
        "rows": _rows(campaign),
        "tenant_currency": current_tenant().currency,
        "sellers": campaign_selectors.sold_by(campaign),
        "may_make": request.user.has_perm(MAY_MAKE),
    }
    return render(request, "operators/campaign.html", context)


def _campaign(campaign_id: UUID) -> Campaign:
    found = Campaign.objects.filter(pk=campaign_id).select_related("seller__user").first()
    if found is None:
        raise Http404
    return found


def release(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Let the other sellers have what the campaign's seller has left."""
    campaign = _campaign(campaign_id)
    if request.method == "POST":
        number = campaign_services.release_units(campaign=campaign, acting_user=signed_in(request))
        messages.success(request, _("%(number)d units are open to the other sellers.") % {"number": number})
    return redirect("console:campaign", campaign_id)


def end(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """End a campaign before its time."""
    campaign = _campaign(campaign_id)
    if request.method == "POST":
        campaign_services.end_campaign(campaign=campaign, acting_user=signed_in(request))
        messages.success(request, _("The campaign is over; what nobody bought is stock again."))
    return redirect("console:campaign", campaign_id)
