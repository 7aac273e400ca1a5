"""What can be paid at each provider: asked before anything is written, so that no page fails at the till.

Amounts are our minor units. A total of 0 needs no provider: there is nothing to pay.
"""

from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.payments.gateway import GATEWAYS, Limits
from billing.payments.gateways.stripe import currencies as stripe_currencies
from billing.payments.gateways.wechat import currencies as wechat_currencies
from kernel.errors import InvalidInput, Text
from kernel.money.money import format_money, note_refusal

NAMES = {"stripe": "Stripe", "wechat": "WeChat Pay"}
CHOICES_NAMED = 12
"""With more currencies than these, a remedy does not list them."""


class _Declares(Protocol):
    def limits(self, currency: str) -> Limits | None: ...

    def currencies(self) -> frozenset[str]: ...


DECLARED: dict[str, _Declares] = {"stripe": stripe_currencies, "wechat": wechat_currencies}
assert set(DECLARED) == set(NAMES) == set(GATEWAYS)


def of(currency: str, gateway: str = "") -> Limits | None:
    """Return what ``gateway`` takes of a currency, None if it takes none of it.

    An empty ``gateway`` is the one that the platform's settings name.
    """
    return DECLARED[gateway or settings.PAYMENT_GATEWAY].limits(currency)


def currencies(gateway: str = "") -> frozenset[str]:
    """Return the currencies that ``gateway`` takes."""
    return DECLARED[gateway or settings.PAYMENT_GATEWAY].currencies()


def require_currency(currency: str, gateway: str = "", *, field: str = "currency") -> Limits:
    """Return what ``gateway`` takes of a currency. Raises InvalidInput if it takes none of it."""
    bounds = of(currency, gateway)
    if bounds is None:
        known = sorted(currencies(gateway))
        raise InvalidInput(
            _("%(provider)s takes no payments in %(currency)s")
            % {"provider": NAMES[gateway or settings.PAYMENT_GATEWAY], "currency": currency},
            field=field,
            value=currency,
            remedy=_("choose one of: %(choices)s") % {"choices": ", ".join(known)}
            if len(known) <= CHOICES_NAMED
            else _("choose the three letters of a currency that is in use, such as CNY, EUR or USD"),
            code="currency_not_taken",
        )
    return bounds


def refusal(amount: int, currency: str, gateway: str = "", *, field: str = "amount") -> InvalidInput | None:
    """Return why ``gateway`` would not take an amount, with what to do; None if it does, or for 0.

    Raises InvalidInput for a currency that it does not take.
    """
    bounds = require_currency(currency, gateway)
    if amount == 0 or (bounds.least <= amount <= bounds.greatest and amount % bounds.step == 0):
        return None
    least, most = (format_money(bound, currency) for bound in (bounds.least, bounds.greatest))
    written = format_money(amount, currency)
    if amount < bounds.least:
        message = _("%(amount)s is too little for a payment: it takes at least %(least)s")
        remedy: Text = _("add something, or leave off what brings it down so far")
    elif amount > bounds.greatest:
        message = _("%(amount)s is too much for one payment: it takes at most %(most)s")
        remedy = _("pay in several parts")
    else:
        return _off_step(amount, bounds, field)
    return InvalidInput(
        message % {"amount": written, "least": least, "most": most},
        field=field,
        value=amount,
        remedy=remedy,
        code="amount_not_taken",
        least=bounds.least,
        greatest=bounds.greatest,
    )


def require_amount(amount: int, currency: str, gateway: str = "", *, field: str = "amount") -> None:
    """Raise InvalidInput unless ``gateway`` takes this amount; 0 passes."""
    if reason := refusal(amount, currency, gateway, field=field):
        note_refusal(field, "not taken by the provider")
        raise reason


def require_step(amount: int, currency: str, gateway: str = "", *, field: str = "amount") -> None:
    """Raise InvalidInput unless ``gateway`` can move an amount, be it ever so small.

    For refunds, which the least amount of a payment does not bind.
    """
    bounds = require_currency(currency, gateway)
    if amount % bounds.step:
        note_refusal(field, "not taken by the provider")
        raise _off_step(amount, bounds, field)


def require_price(amount: int, currency: str, gateway: str = "", *, field: str = "price") -> None:
    """Raise InvalidInput for a price at which not a single unit could be paid for."""
    require_step(amount, currency, gateway, field=field)
    if amount > require_currency(currency, gateway).greatest:
        require_amount(amount, currency, gateway, field=field)


def _off_step(amount: int, bounds: Limits, field: str) -> InvalidInput:
    step = format_money(bounds.step, bounds.currency)
    return InvalidInput(
        _("%(amount)s cannot be paid: amounts go in steps of %(step)s")
        % {"amount": format_money(amount, bounds.currency), "step": step},
        field=field,
        value=amount,
        remedy=_("round it to a multiple of %(step)s") % {"step": step},
        code="amount_not_taken",
        step=bounds.step,
    )
