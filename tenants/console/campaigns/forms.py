"""A campaign to make: whose it is, when it runs, what is set aside for it."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.forms import KeyedForm, MomentField
from kernel.errors import InvalidInput, NotFound
from kernel.money.money import parse_amount
from tenants.agents.models import Member, Origin
from tenants.shop.listings.addresses import product_at
from tenants.shop.promotions.campaigns.services import NewCampaignItem

MOST_UNITS = 2**31 - 1


class CampaignForm(KeyedForm):
    """A campaign to make."""

    name = forms.CharField(label=gettext_lazy("Name of the campaign"), max_length=120)
    seller = forms.CharField(
        label=gettext_lazy("Whose campaign"),
        required=False,
        max_length=12,
        help_text=gettext_lazy(
            "code of a live room, note or group, or a member's referral code; left empty, everybody buys"
        ),
    )
    starts_at = MomentField(label=gettext_lazy("From"))
    ends_at = MomentField(label=gettext_lazy("Until"))
    matrix_until = MomentField(label=gettext_lazy("The others sell until"))
    goods = forms.CharField(
        label=gettext_lazy("Goods"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy(
            "one a line: address of its page in the shop (with ?v=… where it has variants), units, "
            "the price, and the price at which the others sell it off; without a price, the shop's own"
        ),
    )

    def campaign(self, currency: str) -> dict[str, Any]:
        """Return the arguments of ``open_campaign`` but for who opens it. Raises BanyanError."""
        answers = self.cleaned_data
        try:
            campaign_id = UUID(answers["key"])
        except ValueError:
            raise InvalidInput(_("open the page again"), field="name") from None
        return {
            **{name: answers[name] for name in ("name", "starts_at", "ends_at", "matrix_until")},
            "campaign_id": campaign_id,
            "seller": _seller(answers["seller"]),
            "items": [_item(line, currency) for line in answers["goods"].splitlines() if line.strip()],
        }


def _seller(code: str) -> Member | None:
    if not code:
        return None
    origin = Origin.objects.filter(code=code).select_related("owner").first()
    seller = origin.owner if origin else Member.objects.filter(referral_code=code).first()
    if seller is None:
        raise NotFound(_("nobody in the shop has this code"), field="seller", value=code)
    return seller


def _item(line: str, currency: str) -> NewCampaignItem:
    """Return what a line of the form names: address, units, price, price for selling off."""
    address, *numbers = line.split()
    product, variant_id = product_at(address)
    active = product.variants.filter(is_active=True)
    variants = list(active.filter(pk=variant_id) if variant_id else active[:2])
    if len(variants) != 1:
        raise InvalidInput(
            _("this product has variants: name one by ?v=…"), field="goods", value=address[:80]
        )
    if not 1 <= len(numbers) <= 3 or not numbers[0].isascii() or not numbers[0].isdigit():
        raise InvalidInput(_("write address, units and prices, parted by spaces"), field="goods", value=line)
    prices = [parse_amount(text, currency, field="goods") for text in numbers[1:]]
    return NewCampaignItem(variants[0].pk, min(int(numbers[0]), MOST_UNITS), *prices)
