"""Amounts of money as people and other systems write them: decimal commas, thousands, signs of currencies.

What can be read in one way only is read. What could be two amounts is refused: 1,234 is one yuan and a bit to
some and more than a thousand to others.
"""

import re
import unicodedata
from functools import lru_cache

from babel.numbers import get_currency_name, get_currency_symbol
from django.utils.translation import gettext as _

from kernel.errors import InvalidInput
from kernel.money.amounts import MAX_PRICE, is_currency
from kernel.money.money import format_money, parse_amount

CODE = re.compile(r"([A-Za-z]{3})?\s*(.*?)\s*([A-Za-z]{3})?", re.DOTALL)
SIGNS = re.compile("[$€£¥₩₫₽₹฿₺₴₪₱₦₸₮៛]")
LOCALES = ("en", "zh_Hans_CN")
OWN_SIGNS = {"CNY": "¥元", "JPY": "¥円"}
SPACED = re.compile(r"[+-]?\d{1,3}([ '’]\d{3})+([.,]\d+)?")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:(,\d{3})+(?:\.\d*)?|(\.\d{3})+(?:,\d*)?)")
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d{1,2}")


@lru_cache(maxsize=4096)
def read_amount(text: str, currency: str) -> int:
    """Return the price in minor units of ``currency``; raise InvalidInput, with the remedy, for what is none.

    A currency that the cell names itself has to be this one. At most MAX_PRICE.
    """
    written = unicodedata.normalize("NFKC", text).strip()
    before, number, after = CODE.fullmatch(written).groups()  # type: ignore[union-attr]
    for code in filter(None, (before, after)):
        if code.upper() != currency and is_currency(code.upper()):
            raise _other_currency(text, currency)
    if any(code and code.upper() != currency for code in (before, after)):
        raise _no_amount(text)
    amount = parse_amount(_plain(_without_sign(number, text, currency), text), currency)
    if amount > MAX_PRICE:
        raise InvalidInput(
            _("the price is too large: at most %(most)s") % {"most": format_money(MAX_PRICE, currency)},
            field="amount",
            value=text,
            remedy=_("check the number"),
        )
    return amount


def _without_sign(number: str, text: str, currency: str) -> str:
    for sign in _signs(currency):
        if number.startswith(sign) or number.endswith(sign):
            number = number.removeprefix(sign).removesuffix(sign).strip()
            break
    if SIGNS.search(number):
        raise _other_currency(text, currency)
    return number


@lru_cache
def _signs(currency: str) -> tuple[str, ...]:
    """Return how amounts of the currency are marked, the longest first: "CN¥", "¥" and "元" for CNY."""
    signs = {get_currency_symbol(currency, locale=locale) for locale in LOCALES} | set(
        OWN_SIGNS.get(currency, "")
    )
    if "dollar" in get_currency_name(currency, locale="en").lower():
        # "$" alone is the dollar of whatever country the import is in.
        signs.add("$")
    marks = {unicodedata.normalize("NFKC", sign) for sign in signs}
    return tuple(sorted((mark for mark in marks if not mark.isascii() or "$" in mark), key=len, reverse=True))


def _plain(number: str, text: str) -> str:
    """Return the number with a decimal point and without thousands."""
    if SPACED.fullmatch(number):
        number = re.sub(r"[ '’]", "", number)
    if "," not in number and number.count(".") < 2:
        return number
    if DECIMAL_COMMA.fullmatch(number):
        return number.replace(",", ".")
    if match := THOUSANDS.fullmatch(number):
        if match[1] and number.count(",") == 1 and "." not in number:
            raise InvalidInput(
                _("this could be two amounts: a comma before three digits"),
                field="amount",
                value=text,
                remedy=_("write decimals with a point and no sign for thousands, like 1234.50"),
            )
        thousands, decimals = (",", ".") if match[1] else (".", ",")
        return number.replace(thousands, "").replace(decimals, ".")
    raise _no_amount(text)


def _no_amount(text: str) -> InvalidInput:
    return InvalidInput(
        _("this is not an amount of money"), field="amount", value=text, remedy=_("write it like 12.50")
    )


def _other_currency(text: str, currency: str) -> InvalidInput:
    return InvalidInput(
        _("this price is in another currency: the prices of this import are in %(currency)s")
        % {"currency": currency},
        field="amount",
        value=text,
        remedy=_("import each currency from a file of its own"),
    )
