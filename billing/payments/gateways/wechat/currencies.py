"""What WeChat Pay takes: yuan, to the cent."""

from billing.payments.gateway import Limits

CURRENCY = "CNY"
GREATEST = 10_000_000_00
_CNY = Limits(currency=CURRENCY, decimals=2, step=1, least=1, greatest=GREATEST, payout_step=1)


def currencies() -> frozenset[str]:
    """Return the currencies that WeChat Pay takes payments in."""
    return frozenset({CURRENCY})


def limits(currency: str) -> Limits | None:
    """Return what WeChat Pay takes of ``currency``; None for any but yuan."""
    return _CNY if currency == CURRENCY else None
