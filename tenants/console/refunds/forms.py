"""What goes back of an order."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from backoffice.forms import AmountField, ReasonForm, dress
from kernel.texts.translated import pick
from tenants.shop.refunds.plan import Refundable


class RefundForm(ReasonForm):
    """Units by line, an amount, freight; all empty is everything that is left."""

    key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, left: Refundable, currency: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {f"units_{part.line.pk.hex}": part for part in left.lines if part.quantity}
        for name, part in self.lines.items():
            self.fields[name] = forms.IntegerField(
                label=pick(part.line.title),
                required=False,
                min_value=0,
                max_value=part.quantity,
                help_text=_("units to be refunded, of %(left)d") % {"left": part.quantity},
            )
        self.fields["amount"] = AmountField(
            currency=currency,
            label=_("An amount"),
            required=False,
            help_text=_("is spread over all lines and freight by what is left of them"),
        )
        self.fields["freight"] = AmountField(
            currency=currency,
            label=_("Freight"),
            required=False,
            help_text=_("without units and amount: freight alone"),
        )
        self.fields["stop_shipping"] = forms.BooleanField(
            label=_("Unsent units stay unsent"), required=False, initial=True
        )
        self.order_fields([*self.lines, "amount", "freight", "stop_shipping", "reason", "key"])
        for field in self.fields.values():
            dress(field.widget)

    def clean(self) -> dict[str, Any]:
        """Refuse a zero that stands alone: nothing at all written would be everything."""
        data = super().clean() or self.cleaned_data
        amounts = [data.get(name) for name in (*self.lines, "amount", "freight")]
        if not any(amounts) and 0 in amounts:
            raise forms.ValidationError(_("the amount has to be above zero"))
        return data

    def scope(self) -> dict[str, Any]:
        """Return what is to be refunded, as ``refunds.refund`` takes it."""
        data = self.cleaned_data
        units = {part.line.pk: data[name] for name, part in self.lines.items() if data[name]}
        return {
            "lines": units or None,
            "amount": data["amount"] or None,
            "freight": data["freight"] or None,
        }
