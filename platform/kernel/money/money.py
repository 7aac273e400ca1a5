"""Money as integer minor units. No floats, and no rounding that loses a cent."""

import logging
import re
from dataclasses import dataclass
from decimal import Context, Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_name
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput, Text
from kernel.money.amounts import MAX_AMOUNT, currencies, exponent, is_currency

logger = logging.getLogger(__name__)
# Python would take 1_000, 1e3 and exponents whose value no computer holds, and round what is very long.
PLAIN = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})")
WIDE = Context(prec=100)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of an ISO 4217 currency. Knows no rate of exchange."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


def parse_amount(text: str | int | Decimal, currency: str, *, field: str = "") -> int:
    """Turn "12.5" into 1250 minor units of ``currency``.

    ``field`` is the field of a form it was written into: then its refusal is logged, never what was written.
    Raises InvalidInput for anything that is no finite number, is negative, has more decimals than
    the currency, or exceeds MAX_AMOUNT. Thousands separators are refused: 1,234 is ambiguous.
    """

    def refused(reason: str, message: Text, remedy: Text) -> InvalidInput:
        if field:
            note_refusal(field, reason)
        return InvalidInput(message, field=field or "amount", value=text, remedy=remedy)

    written = f"{text:f}" if isinstance(text, Decimal) else str(text).strip()
    if not PLAIN.fullmatch(written):
        raise refused("no number", _("this is not an amount of money"), _("write it like 12.50"))
    minor = Decimal(written).scaleb(exponent(currency), context=WIDE)
    if minor != minor.to_integral_value():
        raise refused(
            "too many decimals",
            _("the amount has more decimals than the currency %(currency)s") % {"currency": currency},
            _("round it to the smallest coin"),
        )
    if minor < 0:
        raise refused("negative", _("the amount is negative"), _("check the number"))
    if minor > MAX_AMOUNT:
        raise refused("too large", _("the amount is too large"), _("check the number"))
    return int(minor)


def require_positive(amount: int, currency: str, *, most: int = MAX_AMOUNT, field: str = "amount") -> None:
    """Raise InvalidInput unless ``amount`` (minor units) is above zero and at most ``most``."""
    if not isinstance(amount, int) or amount <= 0:
        note_refusal(field, "not above zero")
        raise InvalidInput(
            _("the amount has to be above zero"), field=field, value=amount, remedy=_("check the number")
        )
    if amount > most:
        note_refusal(field, "too large")
        raise InvalidInput(
            _("the amount is too large: at most %(most)s") % {"most": format_money(most, currency)},
            field=field,
            value=amount,
            remedy=_("write a smaller one"),
        )


def note_refusal(field: str, reason: str) -> None:
    """Log that an amount was not taken, without the amount or whose it is."""
    logger.warning("an amount was refused", extra={"field": field, "reason": reason})


def format_money(amount: int, currency: str, language: str | None = None) -> str:
    """Return the amount as a person of that language writes it, e.g. "¥12.50"."""
    return format_currency(Decimal(amount).scaleb(-exponent(currency)), currency, locale=_locale(language))


def require_currency(code: str, *, field: str = "currency") -> str:
    """Return the currency's code in capitals; raise InvalidInput unless somebody is paid in it today."""
    capitals = code.strip().upper()
    if not is_currency(capitals):
        raise InvalidInput(
            _("this is no currency"),
            field=field,
            value=code[:20],
            remedy=_("write its three letters (ISO 4217), such as CNY, USD or EUR"),
        )
    return capitals


def currency_choices(language: str | None = None) -> list[tuple[str, str]]:
    """Return every currency with its name in that language (the active one if None), sorted by code."""
    locale = _locale(language)
    return [(code, f"{code} · {get_currency_name(code, locale=locale)}") for code in sorted(currencies())]


def _locale(language: str | None) -> Locale:
    code = (language or get_language() or "en").lower()
    return Locale.parse("zh_Hans_CN" if code.startswith("zh") else "en")


@dataclass(frozen=True, slots=True)
class MoneyFlow:
    """Money from one party to another. ``amount`` > 0 in minor units; ``label`` says what for.

    ``tone`` colours the receiver: supply, fee, people or shop.
    """

    source: str
    target: str
    amount: int
    label: str
    tone: str
