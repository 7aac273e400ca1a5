"""Money set aside for subsidies, prices that it lowers, red packets made of it."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import AmountField, KeyedForm, MomentField
from billing.ledger.models import AccountKind
from catalog.models import Category
from kernel.texts.translated import pick
from tenants.agents.models import Origin
from tenants.shop.listings.addresses import product_at
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.red_packets.models import RedPacketBatch


class FundForm(KeyedForm):
    """What to set aside for subsidies."""

    name = forms.CharField(label=_("Name of the budget"), max_length=80)
    amount = AmountField(label=_("Amount"))
    source = forms.ChoiceField(
        label=_("Paid from"),
        choices=[
            (str(AccountKind.TENANT_PREPAID), _("the prepaid balance")),
            (str(AccountKind.TENANT_MARGIN), _("the margin")),
        ],
    )


class GoodsSubsidyForm(KeyedForm):
    """Whose price a budget lowers, by how much and when."""

    goods = forms.CharField(
        label=_("Goods"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("addresses of their pages in the shop, one a line; with ?v=… that variant alone"),
    )
    category = forms.ChoiceField(label=_("or a category, with all below it"), required=False)
    amount = AmountField(label=_("Paid of each unit"))
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Category.objects.order_by("position", "slug")
        self.offer("category", [("", "–"), *((row.slug, pick(row.name)) for row in rows)])

    def subsidy(self) -> dict[str, Any]:
        """Return the arguments of ``attach_subsidy`` but for budget and person. Raises NotFound."""
        answers = self.cleaned_data
        products: list[UUID] = []
        variants: list[UUID] = []
        for line in answers["goods"].split():
            product, variant_id = product_at(line)
            if variant_id:
                variants.append(variant_id)
            else:
                products.append(product.id)
        names = ("amount", "starts_at", "ends_at", "category")
        return {name: answers[name] for name in names} | {"products": products, "variants": variants}


class RedPacketsForm(KeyedForm):
    """Red packets to hand out."""

    name = forms.CharField(label=_("Name that members see"), max_length=80)
    amount = AmountField(label=_("In each packet"))
    number = forms.IntegerField(label=_("How many"), min_value=1, max_value=red_packet_services.MOST_PACKETS)
    min_spend = AmountField(label=_("For goods of at least"))
    expires_at = MomentField(label=_("Good until"))
    audience = forms.ChoiceField(label=_("Who may take one"), choices=RedPacketBatch.Audience.choices)
    origin_code = forms.ChoiceField(label=_("Live room, note or group"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Origin.objects.filter(is_open=True).order_by("-id")[:200]
        self.offer("origin_code", [("", "–"), *((row.code, row.title) for row in rows)])

    def packets(self) -> dict[str, Any]:
        """Return the arguments of ``issue`` but for budget and person."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"which", "key"}}
