"""The form of an address: in China province, city and district are chosen, elsewhere what the country asks.

What is checked stands in ``kernel.addresses``; here are the choices, level by level, and the words. Each
choice renews the fields after it, without losing what was typed (``storefront/address.html``).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from babel.core import get_global
from django import forms
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.addresses import countries, divisions
from kernel.addresses.address import LONGEST, Address, read_address
from kernel.addresses.countries import CHINA

LEVELS = ("division_1", "division_2", "division_3")
"""The selects of a division in China, the province first."""
LEVEL_LABELS = (_("Province"), _("City or district"), _("District"))
PLACE_FIELDS = ("area", "city", "city_area", "postcode")
FETCH = {
    "hx-post": reverse_lazy("address_place"),
    "hx-target": "#place",
    "hx-swap": "outerHTML",
    "hx-include": "closest form",
}


class AddressForm(forms.Form):
    """Where an order goes; ``read`` holds the address once the form was checked."""

    name = forms.CharField(label=_("Who receives it"), max_length=LONGEST["name"], required=False)
    phone = forms.CharField(label=_("Phone"), max_length=LONGEST["phone"], required=False)
    country = forms.ChoiceField(label=_("Country or region"), required=False)
    address = forms.CharField(label=_("Street, house, door"), max_length=LONGEST["address"], required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        home: str = CHINA,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Lay out the fields of the country that is chosen, or else of ``home`` (ISO 3166)."""
        super().__init__(data, initial=self._with_levels(initial or {}))
        self.read: Address | None = None
        language = get_language() or "en"
        choices = countries.country_choices(language)
        country = self._value("country") or home
        self.land = country if country in countries.countries() else home
        self.initial.setdefault("country", self.land)
        country_field = self.fields["country"]
        assert isinstance(country_field, forms.ChoiceField)
        country_field.choices = choices
        self.fields.update(self._divisions(language) if self.land == CHINA else self._abroad())
        self.order_fields(["name", "phone", "country", *LEVELS, *PLACE_FIELDS, "address"])
        self._dress()

    @staticmethod
    def _with_levels(initial: Mapping[str, Any]) -> dict[str, Any]:
        line = divisions.line(initial.get("division", ""))
        return {**initial, **{name: division.code for name, division in zip(LEVELS, line, strict=False)}}

    def _value(self, name: str) -> str:
        value = self.data.get(name, "") if self.is_bound else self.initial.get(name, "")
        return str(value or "").strip()

    def _divisions(self, language: str) -> Iterator[tuple[str, forms.Field]]:
        """Yield the selects down to the first one in which nothing is chosen yet."""
        above = ""
        for name, label in zip(LEVELS, LEVEL_LABELS, strict=True):
            choices = divisions.below(above)
            if not choices:
                return
            options = [("", _("Please choose")), *((row.code, row.label(language)) for row in choices)]
            yield name, forms.ChoiceField(label=label, choices=options, required=False)
            above = self._value(name)
            if above not in {row.code for row in choices}:
                return

    def _abroad(self) -> Iterator[tuple[str, forms.Field]]:
        for field in countries.fields_of(self.land, area=self._value("area"), city=self._value("city")):
            if field.choices:
                options = [("", _("Please choose")), *field.choices]
                yield field.name, forms.ChoiceField(label=str(field.label), choices=options, required=False)
            else:
                yield field.name, forms.CharField(
                    label=str(field.label), max_length=LONGEST[field.name], required=False,
                    widget=forms.TextInput(attrs={"placeholder": field.example}),
                )  # fmt: skip

    def _dress(self) -> None:
        autocomplete = {
            "name": "name", "phone": "tel", "country": "country", "area": "address-level1",
            "city": "address-level2", "postcode": "postal-code", "address": "street-address",
        }  # fmt: skip
        for name, field in self.fields.items():
            is_choice = isinstance(field, forms.ChoiceField)
            style = "select w-full" if is_choice else "input"
            attributes = {"class": style, "autocomplete": autocomplete.get(name, "off")}
            if name == "phone":
                attributes["inputmode"] = "tel"
            if name not in PLACE_FIELDS:
                attributes["required"] = "required"
            if is_choice:
                attributes |= {key: str(value) for key, value in FETCH.items()}
            field.widget.attrs.update(attributes)

    def person_fields(self) -> list[forms.BoundField]:
        """Return who receives it."""
        return [self[name] for name in ("name", "phone")]

    def place_fields(self) -> list[forms.BoundField]:
        """Return the fields that change with the country and with each choice."""
        return [self[name] for name in self.fields if name not in {"name", "phone", "address"}]

    def ship_to(self) -> dict[str, str]:
        """Return what is chosen and typed, as ``kernel.addresses.address`` reads it."""
        division = ""
        for name in LEVELS:
            code = self._value(name) if name in self.fields else ""
            if code not in {row.code for row in divisions.below(division)}:
                break  # a city that was chosen before another province was
            division = code
        typed = {name: self._value(name) for name in self.fields if name not in LEVELS}
        return typed | {"country": self.land, "division": division}

    def clean(self) -> dict[str, Any]:
        """Read the address; each fault stands at its field, what nothing was chosen in is the division's."""
        self.read = read_address(self.ship_to(), path="")
        for fault in self.read.faults:
            is_division = fault.field in {"division", "region"}
            where = self._level_to_choose() if is_division else fault.field
            if where not in self.errors:
                self.add_error(where, str(fault.message) if is_division else fault.text)
        return self.cleaned_data

    def _level_to_choose(self) -> str:
        return next((name for name in LEVELS if name in self.fields and not self._value(name)), LEVELS[0])


def home_of(request: HttpRequest) -> str:
    """Return the country that a shop's time zone lies in: what its members most likely live in."""
    zone = getattr(getattr(request, "tenant", None), "timezone", "")
    country: str = get_global("zone_territories").get(zone, CHINA)
    return country if country in countries.countries() else CHINA
