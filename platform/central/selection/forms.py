"""What the central team fills in about rounds, proposals and products that passed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import AmountField, ConsoleForm, ReasonForm
from kernel.money.money import currency_choices
from selection.rounds.services import RoundTerms


class RecheckForm(ConsoleForm):
    """What a channel asks now."""

    price = AmountField(label=_("Price there now"))


class RoundForm(ConsoleForm):
    """The terms of a round; the smallest and largest values are the database's own."""

    proposals = forms.MultipleChoiceField(label=_("Products"), widget=forms.CheckboxSelectMultiple)
    currency = forms.ChoiceField(label=_("Currency of the sellers"), choices=currency_choices, initial="CNY")
    panel_size = forms.IntegerField(label=_("Panel: seats"), min_value=3, max_value=500)
    panel_points = forms.IntegerField(label=_("Panel: points needed"), min_value=50, max_value=100)
    panel_hours = forms.IntegerField(label=_("Panel: hours to score"), min_value=1, max_value=2000)
    jury_size = forms.IntegerField(label=_("Jury: seats"), min_value=3, max_value=5000)
    jury_points = forms.IntegerField(label=_("Jury: points needed"), min_value=50, max_value=100)
    jury_hours = forms.IntegerField(label=_("Jury: hours to score"), min_value=1, max_value=2000)
    want_percent = forms.IntegerField(label=_("Jury: percent who would buy it"), min_value=50, max_value=100)
    quorum_percent = forms.IntegerField(
        label=_("Percent of the seats that must score"), min_value=50, max_value=100
    )
    volunteers_percent = forms.IntegerField(
        label=_("Jury: percent for volunteers"), min_value=0, max_value=100
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        usual = RoundTerms()
        initial = {name: getattr(usual, name) for name in RoundTerms.__slots__}
        super().__init__(*args, initial=initial, **kwargs)

    def terms(self) -> RoundTerms:
        """Return what was chosen."""
        return RoundTerms(**{name: self.cleaned_data[name] for name in RoundTerms.__slots__})


class NetworkCharterForm(ReasonForm):
    """The least that rounds of the network may ask for, and when complaints call a product back."""

    panel_size = forms.IntegerField(label=_("Panel: at least so many seats"), min_value=3, initial=50)
    panel_points = forms.IntegerField(
        label=_("Panel: at least so many points"), min_value=50, max_value=100, initial=60
    )
    jury_size = forms.IntegerField(label=_("Jury: at least so many seats"), min_value=3, initial=100)
    jury_points = forms.IntegerField(
        label=_("Jury: at least so many points"), min_value=50, max_value=100, initial=60
    )
    want_percent = forms.IntegerField(
        label=_("Jury: at least so many percent would buy it"), min_value=50, max_value=100, initial=50
    )
    complaints = forms.IntegerField(label=_("Complaints that call a product back"), min_value=1, initial=10)
    sure = forms.BooleanField(label=_("I know that this can never be taken back"))

    def charter(self) -> dict[str, Any]:
        """Return the terms and the reason."""
        return {name: value for name, value in self.cleaned_data.items() if name != "sure"}


class TakeOffForm(ReasonForm):
    """Why a product leaves, and what a counterfeit costs its supplier."""

    what = forms.ChoiceField(
        label=_("What happens"),
        choices=[
            ("recall", _("Call it back: off sale until a jury has decided")),
            ("delist", _("Delist it for good; its selling point is free again")),
            ("counterfeit", _("Counterfeit: off sale everywhere at once, payouts on hold, penalty charged")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("what", "penalty", "reason")
    penalty = AmountField(label=_("Penalty, for a counterfeit"), required=False)

    def __init__(self, *args: Any, delisted: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if delisted:  # it can still turn out to be a counterfeit
            what = self.fields["what"]
            what.choices = what.choices[-1:]  # type: ignore[attr-defined]
