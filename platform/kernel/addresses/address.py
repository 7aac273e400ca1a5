"""An address that parcels are sent to: what it says, whether it can be one, and what freight is counted by.

It is a mapping of texts, as an order keeps it:

- ``name``, ``phone``, ``address`` (street, house and door);
- ``country``: ISO 3166, China where nothing is said;
- in China ``division``: the code of the smallest division (GB/T 2260). A program may send ``region``
  instead, a text that names nothing but divisions;
- elsewhere ``area``, ``city``, ``city_area``, ``postcode``, as far as the country has them;
- ``region``: all of that in one line, as it stands on a parcel.

Freight looks at codes only (``places``), never at text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.addresses import countries, divisions
from kernel.addresses.countries import CHINA
from kernel.addresses.phones import checked_phone
from kernel.addresses.reading import read_division
from kernel.errors import InvalidInput

LONGEST = {
    "name": 60, "phone": 32, "country": 2, "division": 6, "region": 120,
    "area": 60, "city": 60, "city_area": 60, "postcode": 16, "address": 240,
}  # fmt: skip
SHORTEST_STREET = 3
ALPHABETIC = re.compile(r"[^\W\d_]")
PLACE = re.compile(r"[A-Z]{2}(-.+)?")


@dataclass(frozen=True)
class Address:
    """What somebody sent as an address: ``values`` as far as they are good, and ``faults``, one a field."""

    values: Mapping[str, str]
    faults: tuple[InvalidInput, ...]

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The codes that freight is counted by, smallest first: "330106", "330100", "330000", "CN"."""
        return places_of(self.values)

    def checked(self) -> dict[str, str]:
        """Return the address as an order keeps it; raise the first of its faults."""
        if self.faults:
            raise self.faults[0]
        return dict(self.values)


def places_of(address: Mapping[str, str]) -> tuple[str, ...]:
    """Return the codes of what an address lies in, smallest first; () for none."""
    country = address.get("country", "")
    if country == CHINA:
        line = divisions.line(address.get("division", ""))
        return (*(division.code for division in reversed(line)), CHINA)
    area = address.get("area", "")
    return (f"{country}-{area}", country) if area else (country,) if country else ()


def is_place(code: str) -> bool:
    """True for a code that an address can lie in: a division's, a country's, a country's area's ("US-CA")."""
    if code in divisions.divisions():
        return True
    country, _dash, area = code.partition("-")
    if not PLACE.fullmatch(code) or country not in countries.countries():
        return False
    choices = {
        value for field in countries.fields_of(country) if field.name == "area" for value, _n in field.choices
    }
    return not area or area in choices


def read_address(ship_to: Mapping[str, object], *, path: str = "ship_to.") -> Address:
    """Return what an address says, checked field by field; faults name ``path`` and the field."""
    values: dict[str, str] = {}
    faults: dict[str, InvalidInput] = {}
    for name, longest in LONGEST.items():
        text = str(ship_to.get(name) or "").strip()
        # PostgreSQL stores no NUL, and no address has one.
        if len(text) > longest or "\0" in text:
            faults[name] = _fault(
                path, name, text, _("this part of the address is too long"),
                _("write at most %(longest)d characters") % {"longest": longest},
            )  # fmt: skip
        elif text:
            values[name] = text
    country = values["country"] = values.get("country", CHINA).upper()
    if country not in countries.countries():
        faults.setdefault(
            "country", _fault(path, "country", country, _("there is no such country"), _("choose one"))
        )
        del values["country"]
    elif country == CHINA:
        _read_china(values, faults, path)
    else:
        _read_abroad(values, faults, path)
    _read_person(values, faults, path, country)
    return Address(
        {name: values[name] for name in LONGEST if name in values},
        tuple(faults[name] for name in LONGEST if name in faults),
    )


def _read_person(values: dict[str, str], faults: dict[str, InvalidInput], path: str, country: str) -> None:
    name, street = values.get("name", ""), values.get("address", "")
    if not ALPHABETIC.search(name):
        faults.setdefault(
            "name",
            _fault(path, "name", name, _("who receives it has a name"), _("write the name in letters")),
        )
    if not ALPHABETIC.search(street) or len(street) < SHORTEST_STREET:
        faults.setdefault(
            "address",
            _fault(
                path, "address", street, _("this is no address that a courier finds"),
                _("write street, house and door"),
            ),
        )  # fmt: skip
    if "phone" not in faults:
        try:
            values["phone"] = checked_phone(values.get("phone", ""), country=country, field=f"{path}phone")
        except InvalidInput as fault:
            faults["phone"] = fault


def _read_china(values: dict[str, str], faults: dict[str, InvalidInput], path: str) -> None:
    for name in ("area", "city", "city_area"):
        values.pop(name, None)
    code, text = values.get("division", ""), values.get("region", "")
    language = get_language() or "en"
    if not code and text:
        named = read_division(text)
        if len(named) != 1:
            faults["region"] = _fault(
                path, "region", text,
                _("several divisions bear this name") if named else _("this names no division of China"),
                ", ".join(f"{division.code} {divisions.label(division.code, language)}" for division in named)
                or _("write province, city and district only, or send the code (GB/T 2260) as division"),
            )  # fmt: skip
            return
        code = named[0].code
    below = divisions.below(code)
    if code not in divisions.divisions() or below:
        where = "region" if text and not values.get("division") else "division"
        faults[where] = _fault(
            path, where, text or code,
            _("choose city and district, too") if below and code else _("choose province, city and district"),
            ", ".join(division.label(language) for division in below) if code else "",
        )  # fmt: skip
        if code not in divisions.divisions():
            return
    values["division"] = code
    # The parcel is packed in China, so its label is written for those who carry it there.
    values["region"] = divisions.label(code, "zh-hans")


def _read_abroad(values: dict[str, str], faults: dict[str, InvalidInput], path: str) -> None:
    values.pop("division", None)
    country = values["country"]
    fields = countries.fields_of(country, area=values.get("area", ""), city=values.get("city", ""))
    for name in {"area", "city", "city_area", "postcode"} - {field.name for field in fields}:
        values.pop(name, None)
    wrong = countries.faults_of(country, values)
    for field in fields:
        if field.name in wrong:
            example = _("for example %(example)s") % {"example": field.example} if field.example else ""
            faults.setdefault(
                field.name,
                _fault(
                    path, field.name, values.get(field.name, ""),
                    _("this is needed: %(label)s") % {"label": field.label}
                    if wrong[field.name] == "required"
                    else _("this does not fit the country: %(label)s") % {"label": field.label},
                    example,
                ),
            )  # fmt: skip
    parts = [values.get(name, "") for name in ("city_area", "city", "area", "postcode")]
    values["region"] = ", ".join(filter(None, [*parts, countries.country_name(country, "en")]))[
        : LONGEST["region"]
    ]


def _fault(path: str, name: str, value: str, message: object, remedy: object) -> InvalidInput:
    return InvalidInput(message, field=f"{path}{name}", value=value, remedy=remedy)  # type: ignore[arg-type]
