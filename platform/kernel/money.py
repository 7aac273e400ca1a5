"""Money as integer minor units. No floats, and no rounding that loses a cent."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from babel import Locale
from babel.numbers import format_currency
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.amounts import BASIS_POINTS, MAX_AMOUNT, allocate, decimal_text, exponent, share_of
from kernel.errors import InvalidInput

__all__ = [
    "BASIS_POINTS",
    "MAX_AMOUNT",
    "Money",
    "allocate",
    "decimal_text",
    "exponent",
    "format_money",
    "parse_amount",
    "share_of",
]

# Python would take 1_000, 1e3 and exponents whose value no computer holds, and round what is very long.
PLAIN = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})")
WIDE = Context(prec=100)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of an ISO 4217 currency. Never touches a rate of exchange."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


def parse_amount(text: str | int | Decimal, currency: str, *, field: str = "amount") -> int:
    """Turn "12.5" into 1250 minor units of ``currency``.

    Raises InvalidInput for anything that is no finite number, is negative, has more decimals than
    the currency, or exceeds MAX_AMOUNT. Thousands separators are refused: 1,234 is ambiguous.
    """
    written = f"{text:f}" if isinstance(text, Decimal) else str(text).strip()
    if not PLAIN.fullmatch(written):
        raise InvalidInput(
            _("this is not an amount of money"), field=field, value=text, remedy=_("write it like 12.50")
        )
    minor = Decimal(written).scaleb(exponent(currency), context=WIDE)
    if minor != minor.to_integral_value():
        raise InvalidInput(
            _("the amount has more decimals than the currency %(currency)s") % {"currency": currency},
            field=field,
            value=text,
            remedy=_("round it to the smallest coin"),
        )
    if not 0 <= minor <= MAX_AMOUNT:
        raise InvalidInput(
            _("the amount is negative or too large"), field=field, value=text, remedy=_("check the number")
        )
    return int(minor)


def format_money(amount: int, currency: str, language: str | None = None) -> str:
    """Return the amount as a person of that language writes it, e.g. "¥12.50"."""
    code = (language or get_language() or "en").replace("-", "_")
    locale = Locale.parse("zh_Hans_CN" if code.lower().startswith("zh") else "en")
    return format_currency(Decimal(amount).scaleb(-exponent(currency)), currency, locale=locale)
