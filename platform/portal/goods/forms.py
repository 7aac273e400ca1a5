"""What is left of a variant."""

from django import forms
from django.utils.translation import gettext_lazy as _


class StockForm(forms.Form):
    """How many units can still be sold."""

    available = forms.IntegerField(
        label=_("Can be sold"),
        min_value=0,
        max_value=2_000_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
