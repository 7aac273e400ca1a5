"""Codes of vouchers, typed, scanned or written down."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id


class CounterForm(forms.Form):
    """The code of a voucher, typed or scanned."""

    code = forms.CharField(
        label=_("Code of the voucher"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class RedeemForm(forms.Form):
    """How many uses of which voucher; ``key`` is made with the page, so that a click twice counts once."""

    code = forms.CharField(max_length=40)
    uses = forms.IntegerField(min_value=1, max_value=100)
    key = forms.UUIDField()


class OfflineForm(forms.Form):
    """Codes written down without a network, one a line."""

    codes = forms.CharField(
        label=_("Codes, one a line"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "characters"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)

    def clean_codes(self) -> list[str]:
        """Return the lines that say something, at most five hundred."""
        codes = [line.strip() for line in self.cleaned_data["codes"].splitlines() if line.strip()]
        if len(codes) > 500:
            raise ValidationError(_("At most 500 codes at once. Split the list."))
        return codes
