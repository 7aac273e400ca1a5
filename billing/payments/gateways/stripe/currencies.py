"""What Stripe takes of each currency: https://docs.stripe.com/currencies.

Stripe counts in units of its own. They are the currency's minor units, but for some currencies that have lost
their coins: those it still counts in hundredths, and takes whole amounts only of ISK and UGX. Of currencies
with thousandths it wants the last digit 0. Payouts of HUF and TWD go in whole units, though payments do not.
"""

from decimal import Decimal
from functools import cache

from billing.payments.gateway import Limits
from kernel.calls.errors import CallRefused
from kernel.money.amounts import exponent

NO_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
WHOLE_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})
WHOLE_PAYOUTS = frozenset({"HUF", "TWD"})
EIGHT_DIGITS = 99_999_999
"""The greatest amount that every method of payment takes, in Stripe's units."""
MORE_DIGITS = {"IDR": 999_999_999_999, "COP": 9_999_999_999, "INR": 999_999_999}

LEAST = """
AED 2.00  ARS 0.50  AUD 0.50  BRL 0.50  CAD 0.50  CHF 0.50  COP 0.50  CZK 15.00  DKK 2.50  EUR 0.50  GBP 0.30
HKD 4.00  HUF 175.00  IDR 0.50  ILS 0.50  INR 0.50  JPY 50  KRW 50  MXN 10  MYR 2.00  NOK 3.00  NZD 0.50
PHP 0.50  PLN 2.00  RON 2.00  RUB 0.50  SEK 3.00  SGD 0.50  THB 10  USD 0.50  ZAR 0.50
"""
"""The least amounts that Stripe publishes, in whole units of the currency."""
EQUIVALENT = """
AFN 50  ALL 60  AMD 250  AOA 600  AWG 1  AZN 1  BAM 1  BBD 1  BDT 80  BHD 0.300  BIF 1900  BMD 0.60  BND 1
BOB 5  BSD 0.60  BTN 60  BWP 9  BYN 2  BZD 1.50  CDF 1800  CLP 600  CNY 4.00  CRC 350  CVE 60  DJF 120  DOP 45
DZD 90  EGP 35  ETB 100  FJD 1.50  FKP 0.50  GEL 2  GHS 10  GIP 0.50  GMD 50  GNF 6000  GTQ 5  GYD 140  HNL 18
HTG 90  ISK 80  JMD 100  JOD 0.500  KES 90  KGS 60  KHR 2800  KMF 300  KWD 0.200  KYD 0.60  KZT 350  LAK 15000
LBP 60000  LKR 200  LRD 130  LSL 12  MAD 7  MDL 12  MGA 3000  MKD 40  MMK 1500  MNT 2500  MOP 5  MUR 35
MVR 11  MWK 1200  MZN 45  NAD 12  NGN 1000  NIO 25  NPR 100  OMR 0.300  PAB 0.60  PEN 2.50  PGK 3  PKR 200
PYG 5000  QAR 2.50  RSD 65  RWF 1000  SAR 2.50  SBD 6  SCR 10  SHP 0.50  SLE 15  SOS 400  SRD 25  STD 15000
SZL 12  TJS 7  TND 2  TOP 1.50  TRY 30  TTD 5  TWD 20  TZS 1700  UAH 30  UGX 2500  UYU 25  UZS 8000  VND 17000
VUV 80  WST 2  XAF 400  XCD 2  XCG 1.50  XOF 400  XPF 70  YER 350  ZMW 18
"""
"""Of the others Stripe wants as much as the least amount of the currency that our bank account is in, at the
day's rate. These are 0.50 USD, rounded up so far that rates may move by a fifth."""


def _table(text: str) -> dict[str, Decimal]:
    words = text.split()
    return {currency: Decimal(amount) for currency, amount in zip(words[::2], words[1::2], strict=True)}


@cache
def least_amounts() -> dict[str, Decimal]:
    """Return the least payment in each currency, in whole units of the currency."""
    return _table(LEAST) | _table(EQUIVALENT)


def currencies() -> frozenset[str]:
    """Return the currencies that Stripe takes payments in."""
    return frozenset(least_amounts())


@cache
def limits(currency: str) -> Limits | None:
    """Return what Stripe takes of ``currency``; None where it takes none of it."""
    least = least_amounts().get(currency)
    if least is None:
        return None
    decimals = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    own = exponent(currency)
    greatest = MORE_DIGITS.get(currency, EIGHT_DIGITS) // 10 ** (decimals - own)
    step = 10 if currency in THREE_DECIMALS else 1
    return Limits(
        currency=currency,
        decimals=decimals,
        step=step,
        least=int(least.scaleb(own)),
        greatest=greatest - greatest % step,
        payout_step=100 if currency in WHOLE_PAYOUTS else step,
    )


def units(amount: int, currency: str) -> int:
    """Return an amount of ours, in minor units of ``currency``, in Stripe's units.

    Raises CallRefused for a currency that Stripe does not take.
    """
    return amount * _factor(currency)


def minor_units(amount: int, currency: str) -> int:
    """Return an amount of Stripe's in our minor units.

    Raises CallRefused for a fraction of a minor unit: there is no such money.
    """
    whole, fraction = divmod(amount, _factor(currency))
    if fraction:
        raise CallRefused(f"{amount} {currency} is a fraction of the smallest amount", "fraction")
    return whole


def nearest_minor_units(amount: int, currency: str) -> int:
    """Return an amount that Stripe worked out, a fee for instance, to the nearest of our minor units."""
    factor = _factor(currency) if limits(currency) else 1
    return (amount + factor // 2) // factor


def _factor(currency: str) -> int:
    bounds = limits(currency)
    if bounds is None:
        raise CallRefused(f"Stripe takes no payments in {currency}", "currency")
    return int(10 ** (bounds.decimals - exponent(currency)))
