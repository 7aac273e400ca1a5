"""Where a listing differs from the assortment rule, and the rule itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import AmountField, ConsoleForm, DocumentField, TextsField
from catalog.models import Price


class ListingForm(ConsoleForm):
    """Where one product differs from the rule. Every variant has a field for a price of its own."""

    title = TextsField(label=_("Own title"), required=False, help_text=_("empty: the catalogue's"))
    is_hidden = forms.BooleanField(label=_("Hide it"), required=False)
    is_extra = forms.BooleanField(
        label=_("List it although the assortment rule leaves it out"), required=False
    )
    featured = forms.IntegerField(
        label=_("Place on the home page"),
        min_value=0,
        max_value=999,
        help_text=_("1 is first; 0: not featured"),
    )

    def __init__(self, *args: Any, prices: Sequence[Price], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for price in prices:
            field = AmountField(label=_("Own price"), required=False, currency=price.currency)
            self.fields[f"price_{price.variant_id.hex}"] = field

    def overrides(self) -> dict[str, Any]:
        """Return what differs, as ``override_listing`` takes it.

        ``prices`` are those that were changed: variant -> minor units, None to follow the rule again.
        """
        names = ("title", "is_hidden", "is_extra", "featured")
        prices = {
            UUID(name.removeprefix("price_")): self.cleaned_data[name]
            for name in self.changed_data
            if name.startswith("price_")
        }
        return {name: self.cleaned_data[name] for name in names} | {"prices": prices}


class AssortmentForm(ConsoleForm):
    """The assortment rule as YAML."""

    document = DocumentField(
        label=_("Assortment rule (YAML)"), rows=16, css="bn-code bn-code-short", max_length=50_000
    )
