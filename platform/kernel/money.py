"""Money as integer minor units. No floats, and no rounding that loses a cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel import Locale
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput

BASIS_POINTS = 10_000
MAX_AMOUNT = 10**15
"""Largest amount taken from outside, in minor units: far below bigint, so that sums never overflow."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of an ISO 4217 currency. Never touches a rate of exchange."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


def exponent(currency: str) -> int:
    """Digits after the decimal point: 2 for CNY, 0 for JPY (CLDR by way of Babel)."""
    return get_currency_precision(currency)


def parse_amount(text: str | int | Decimal, currency: str, *, field: str = "amount") -> int:
    """Turn "12.5" into 1250 minor units of ``currency``.

    Raises InvalidInput for anything that is no finite number, is negative, has more decimals than
    the currency, or exceeds MAX_AMOUNT. Thousands separators are refused: 1,234 is ambiguous.
    """
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise InvalidInput(
            _("this is not an amount of money"), field=field, value=text, remedy=_("write it like 12.50")
        )
    minor = value.scaleb(exponent(currency))
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


def decimal_text(amount: int, currency: str) -> str:
    """Return the amount in major units without symbol, e.g. 1250 CNY -> "12.50"."""
    digits = exponent(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def format_money(amount: int, currency: str, language: str | None = None) -> str:
    """Return the amount as a person of that language writes it, e.g. "¥12.50"."""
    code = (language or get_language() or "en").replace("-", "_")
    locale = Locale.parse("zh_Hans_CN" if code.lower().startswith("zh") else "en")
    return format_currency(Decimal(amount).scaleb(-exponent(currency)), currency, locale=locale)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` in proportion to non-negative ``weights`` by largest remainder.

    The parts sum to ``total`` exactly, for negative totals too; ties go to the earlier weight.
    With all weights zero every part is zero and ``total`` must be zero.
    """
    whole = sum(weights)
    if not whole:
        if total:
            raise ValueError(f"cannot split {total} over weights that are all zero")
        return [0] * len(weights)
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % whole), i))
    for i in order[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def share_of(amount: int, basis_points: int) -> int:
    """Return ``basis_points``/10000 of ``amount``, rounded down to the minor unit."""
    return amount * basis_points // BASIS_POINTS
