"""Percents and amounts as people write them, kept exact. A wrong one says what is wrong with it."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from kernel.money.amounts import MAX_AMOUNT

MILLION = 1_000_000
PERCENT_DIGITS = 4
AMOUNT_DIGITS = 4
"""Decimals of an amount as written; the currency's own limit is checked with the whole document."""


def problem(code: str, **params: Any) -> PydanticCustomError:
    """Make the error that ``faults`` turns into sentences; ``code`` is one of its keys."""
    return PydanticCustomError(code, "see faults", params)


def parts_per_million(percent: Decimal) -> int:
    """Return 12 percent as 120000; exact, for no percent has more than four decimals."""
    return int(percent * (MILLION // 100))


# Python reads more as a number than people mean: other scripts' digits, underscores, "Infinity".
_WRITTEN = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_NOT_FINITE = re.compile(r"[-+]?\.?(inf|infinity|nan)", re.IGNORECASE)
_DIGITS = 40


def _number(value: Any, example: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        shown = "…" if isinstance(value, dict | list) else str(value)[:40]
        raise problem("not_a_number", value=shown, example=example)
    text = str(value).strip().removesuffix("%").rstrip()
    if _NOT_FINITE.fullmatch(text):
        raise problem("not_finite", value=text)
    if len(text) > _DIGITS or not _WRITTEN.fullmatch(text):
        raise problem("not_a_number", value=text[:40], example=example)
    number = Decimal(text)
    if number < 0:
        raise problem("negative", value=text)
    # Looked at before anything writes the number out: 1e999 in full would be a page of zeros.
    if number and number.adjusted() > _DIGITS:
        raise problem("too_big", value=text)
    return number


def _percent(value: Any) -> Decimal:
    number = _number(value, "12.5")
    if number > 100:
        raise problem("percent_over_100", value=f"{number:f}")
    _check_digits(number, PERCENT_DIGITS)
    return number


def _amount(value: Any) -> Decimal:
    number = _number(value, "365.00")
    if number > MAX_AMOUNT // 10_000:
        raise problem("too_big", value=str(number)[:40])
    _check_digits(number, AMOUNT_DIGITS)
    return number


def _check_digits(number: Decimal, digits: int) -> None:
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > digits:
        raise problem("too_precise", value=str(number)[:40], digits=digits)


def _written(value: Decimal) -> str:
    """Without exponent, and without zeros that say nothing: 1E+2 is 100, 5.00 stays as people write it."""
    return f"{value:f}"


_PATTERN = r"^[0-9]+(\.[0-9]+)?$"
Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema(
        {
            "description": "0 to 100, at most four decimals",
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 100},
                {"type": "string", "pattern": _PATTERN},
            ],
        }
    ),
]
"""0 to 100 with at most four decimals."""

Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema(
        {
            "description": "in units of the document's currency, such as 365.00",
            "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": _PATTERN}],
        }
    ),
]
"""Zero or more: major units of the document's currency, or a plain count where a metric counts things."""
