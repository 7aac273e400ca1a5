"""What suppliers' people fill in."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from fulfilment.models import SupplierOrderLine
from kernel import limits
from kernel.ids import new_id
from kernel.text import pick
from portal.access import supplier_of

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


class CodeForm(forms.Form):
    """Six digits of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code of your authenticator app"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class UnitsForm(forms.Form):
    """A number of units for each line of a supplier order that still waits."""

    def __init__(
        self, *args: Any, lines: Iterable[SupplierOrderLine], default_all: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for line in lines:
            if line.waiting:
                title = " ".join([pick(line.title), *line.options])
                self.fields[f"line-{line.pk}"] = forms.IntegerField(
                    label=title,
                    min_value=0,
                    max_value=line.waiting,
                    required=False,
                    initial=line.waiting if default_all else 0,
                    widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                )

    def line_fields(self) -> list[forms.BoundField]:
        """Return the fields of the lines, for the template."""
        return [self[name] for name in self.fields if name.startswith("line-")]

    def units(self) -> dict[UUID, int]:
        """Return line id -> units, of those above zero."""
        return {
            UUID(name.removeprefix("line-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("line-") and value
        }


class MissingForm(UnitsForm):
    """Units that cannot be sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, default_all=False, **kwargs)


class ShipForm(UnitsForm):
    """Carrier and number of one parcel, and what is in it; without any line, all that waits."""

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, default_all=True, **kwargs)

    def given(self) -> dict[str, Any]:
        """Return what the service wants: carrier, number and contents."""
        parcel = {name: self.cleaned_data[name] for name in ("carrier", "tracking_number")}
        named = any(key.startswith("line-") for key in self.data)
        return parcel | {"contents": self.units() if named else None}


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


class TrackingFileForm(forms.Form):
    """A CSV file of tracking numbers."""

    file = forms.FileField(label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))

    def clean_file(self) -> Any:
        """Refuse what is too large to be a list of numbers."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise ValidationError(_("The file is larger than 2 MB. Split it."))
        return file
