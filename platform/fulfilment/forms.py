"""What suppliers' people fill in."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from fulfilment.access import supplier_of
from kernel import limits

TRIES, WINDOW = 10, 300
MAX_FILE = 2 * 1024 * 1024


class SignInForm(forms.Form):
    """E-mail and password. Ten wrong tries for one address close it for five minutes."""

    username = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Find the person; a wrong password, a member and somebody unknown are told the same."""
        given = super().clean() or {}
        if "username" not in given or "password" not in given:
            return given
        key = f"portal-sign-in:{given['username'].strip().lower()}"
        verdict = limits.hit(key, limit=TRIES, window=WINDOW)
        if not verdict.allowed:
            raise ValidationError(
                _("Too many tries. Wait %(minutes)d minutes and try again."),
                params={"minutes": verdict.retry_after // 60 + 1},
            )
        user = authenticate(self.request, username=given["username"], password=given["password"])
        if not isinstance(user, User) or supplier_of(user) is None:
            raise ValidationError(_("No supplier's account has this address and password."))
        limits.forget(key, window=WINDOW)
        self.user = user
        return given


class StockForm(forms.Form):
    """How many units can still be sold."""

    available = forms.IntegerField(
        label=_("Can be sold"),
        min_value=0,
        max_value=2_000_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class ShipForm(forms.Form):
    """Carrier and number of one parcel."""

    carrier = forms.CharField(
        label=_("Carrier"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "carriers", "autocomplete": "off"}),
    )
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class TrackingFileForm(forms.Form):
    """A CSV file of tracking numbers."""

    file = forms.FileField(label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))

    def clean_file(self) -> Any:
        """Refuse what is too large to be a list of numbers."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise ValidationError(_("The file is larger than 2 MB. Split it."))
        return file
