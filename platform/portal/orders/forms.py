"""What suppliers fill in about parcels."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from fulfilment.models import SupplierOrderLine
from kernel.texts.translated import pick

MAX_FILE = 2 * 1024 * 1024


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


class ParcelForm(forms.Form):
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


class ShipForm(ParcelForm, UnitsForm):
    """A parcel and what is in it; without any line, all that waits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, default_all=True, **kwargs)

    def parcel(self) -> dict[str, Any]:
        """Return what the service wants: carrier, number and contents."""
        parcel = {name: self.cleaned_data[name] for name in ("carrier", "tracking_number")}
        named = any(key.startswith("line-") for key in self.data)
        return parcel | {"contents": self.units() if named else None}


class TrackingFileForm(forms.Form):
    """A workbook or a CSV file of tracking numbers."""

    file = forms.FileField(
        label=_("Excel or CSV file"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,text/csv"})
    )

    def clean_file(self) -> Any:
        """Refuse what is too large to be a list of numbers."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise ValidationError(_("The file is larger than 2 MB. Split it."))
        return file
