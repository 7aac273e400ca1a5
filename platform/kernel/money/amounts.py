"""Arithmetic on integer minor units. Knows no Django, so that pure code may stand on it."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies

BASIS_POINTS = 10_000
MAX_AMOUNT = 10**15
"""Largest amount taken from outside, in minor units: far below bigint, so that sums never overflow."""
MAX_PRICE = 10**10 - 1
"""Highest price of one unit of a product, in minor units: ten digits, which every page has room for."""


@cache
def exponent(currency: str) -> int:
    """Digits after the decimal point: 2 for CNY, 0 for JPY (CLDR by way of Babel)."""
    return get_currency_precision(currency)


def is_currency(code: str) -> bool:
    """True for a currency that somebody is paid in today (see ``currencies``)."""
    return code in currencies()


@cache
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes of what is legal tender somewhere today, as CLDR (by way of Babel) knows it.

    CNY, but not RMB, which is no code; not DEM, which has ended; not XAU and XXX, which are no money.
    """
    territories = get_global("territory_currencies")
    return frozenset(code for territory in territories for code in get_territory_currencies(territory))


def decimal_text(amount: int, currency: str) -> str:
    """Return the amount in major units without symbol, e.g. 1250 CNY -> "12.50"."""
    digits = exponent(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


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
