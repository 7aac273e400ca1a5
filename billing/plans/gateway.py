"""Who bills tenants for their plans: a Protocol and plain data. Amounts are minor units.

Errors are those of ``billing.payments.gateway``; no call belongs inside a transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings


class BillingStatus(StrEnum):
    """Where a subscription stands at the provider."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ProviderSubscription:
    """A subscription as the provider had it when it was asked (``asked_at``)."""

    id: str
    status: BillingStatus
    price_id: str
    item_id: str
    period_start: datetime
    period_end: datetime
    asked_at: datetime
    trial_end: datetime | None = None
    ends_at_period_end: bool = False
    reference: str = ""
    latest_invoice: str = ""


@dataclass(frozen=True, slots=True)
class ProviderInvoice:
    """An invoice as the provider has it. ``charge_id`` is empty where nothing was charged."""

    id: str
    subscription_id: str
    number: str
    status: str
    """draft, open, paid, uncollectible or void."""
    total: int
    paid: int
    currency: str
    issued_at: datetime
    pdf_url: str = ""
    page_url: str = ""
    charge_id: str = ""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One line of what a change would cost; a credit is negative."""

    text: str
    amount: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would cost if it were made at ``at``."""

    lines: tuple[PreviewLine, ...]
    due_now: int
    currency: str
    at: datetime


class Biller(Protocol):
    """Bills subscriptions. Every write takes a key that makes it safe to repeat."""

    def ensure_customer(self, *, name: str, email: str, reference: str, key: str) -> str:
        """Return the id of a customer made for ``reference``."""
        ...

    def ensure_price(self, *, code: str, name: str, amount: int, currency: str) -> str:
        """Return the id of the monthly price of a plan, making product and price where they are missing."""
        ...

    def card_page(self, customer_id: str, *, return_url: str) -> str:
        """Return the provider's page on which the customer names the card to be charged."""
        ...

    def subscribe(
        self, *, customer_id: str, price_id: str, trial_days: int, reference: str, key: str
    ) -> ProviderSubscription:
        """Start a subscription; without a card, or declined, it is past due after its trial."""
        ...

    def find_subscription(self, *, customer_id: str, reference: str) -> ProviderSubscription | None:
        """Look for a subscription started earlier for ``reference`` that has not ended."""
        ...

    def preview_change(self, current: ProviderSubscription, *, price_id: str, at: datetime) -> Preview:
        """Return what another price would cost now, with what is left of the present one taken off."""
        ...

    def change(
        self, current: ProviderSubscription, *, price_id: str, at: datetime, key: str
    ) -> ProviderSubscription:
        """Go over to another price, invoiced at once as previewed for the same moment."""
        ...

    def fetch_subscription(self, subscription_id: str) -> ProviderSubscription:
        """Return the subscription as it is now."""
        ...

    def fetch_invoice(self, invoice_id: str) -> ProviderInvoice:
        """Return the invoice as it is now."""
        ...

    def pay_invoice(self, invoice_id: str, *, key: str) -> ProviderInvoice:
        """Charge an open invoice now. Raises GatewayDeclined."""
        ...


@cache
def biller() -> Biller:
    """Return the provider in force."""
    module = import_module(settings.PLAN_BILLER)
    return cast("Biller", module.connect())
