"""What Stripe wants of amounts in each currency; in its own units: https://docs.stripe.com/currencies."""

from billing.payments.gateways.stripe.currencies import (
    EIGHT_DIGITS,
    MORE_DIGITS,
    NO_DECIMALS,
    THREE_DECIMALS,
    WHOLE_IN_HUNDREDTHS,
    WHOLE_PAYOUTS,
    currencies,
    least_amounts,
)
from billing.payments.sandbox.stripe.faults import Fault


def require_known(currency: str) -> None:
    """Refuse a currency that no payment is taken in."""
    if currency.upper() not in currencies():
        known = ", ".join(sorted(code.lower() for code in currencies()))
        raise Fault(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: {known}",
            code="parameter_invalid_string",
            param="currency",
        )


def require_whole(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse fractions of currencies that have none, and a last digit that no network of banks takes.

    What moves between accounts at Stripe alone, a transfer, is not asked.
    """
    code = currency.upper()
    step = 100 if code in WHOLE_IN_HUNDREDTHS else 10 if code in THREE_DECIMALS else 1
    _require_multiple(amount, step, currency, param)


def require_whole_payout(amount: int, currency: str) -> None:
    """Refuse a payout in hundredths of currencies that banks have none of."""
    _require_multiple(amount, 100 if currency.upper() in WHOLE_PAYOUTS else 1, currency, "amount")


def _require_multiple(amount: int, step: int, currency: str, param: str) -> None:
    if amount % step:
        raise Fault(
            f"Invalid {param}: amounts in {currency} must be evenly divisible by {step}.",
            code="parameter_invalid_integer",
            param=param,
        )


def require_chargeable(amount: int, currency: str) -> None:
    """Refuse a payment below the least or above the greatest amount."""
    code = currency.upper()
    decimals = 0 if code in NO_DECIMALS else 3 if code in THREE_DECIMALS else 2
    least = int(least_amounts()[code].scaleb(decimals))
    if amount < least:
        raise Fault(f"Amount must be at least {least} {currency}.", code="amount_too_small", param="amount")
    greatest = MORE_DIGITS.get(code, EIGHT_DIGITS)
    if amount > greatest:
        raise Fault(
            f"Amount must be no more than {greatest} {currency}.", code="amount_too_large", param="amount"
        )
