"""Stripe Billing: one customer and one subscription with one item a tenant."""

from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.payments.gateways.stripe.answers import answers
from billing.payments.gateways.stripe.currencies import nearest_minor_units, units
from billing.payments.gateways.stripe.gateway import TIMEOUT
from billing.plans.gateway import BillingStatus, Preview, PreviewLine, ProviderInvoice, ProviderSubscription
from kernel import clock
from kernel.errors import Conflict

STATUS = {
    "trialing": BillingStatus.TRIALING,
    "active": BillingStatus.ACTIVE,
    "past_due": BillingStatus.PAST_DUE,
    "unpaid": BillingStatus.PAST_DUE,
    "incomplete": BillingStatus.PAST_DUE,
    "paused": BillingStatus.PAST_DUE,
    "incomplete_expired": BillingStatus.ENDED,
    "canceled": BillingStatus.ENDED,
}
CHARGED = "payments.data.payment.payment_intent"


def connect() -> "StripeBiller":
    """Return the biller for the keys in the settings. Raises Conflict if there are none."""
    if not settings.STRIPE_SECRET_KEY:
        raise Conflict(
            _("plans cannot be paid for here: Stripe is not set up"),
            remedy=_("agree on a plan with the central team"),
            code="no_biller",
        )
    return StripeBiller(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


class StripeBiller:
    """billing.plans.gateway.Biller over Stripe's API, or over the sandbox at ``base``."""

    def __init__(self, secret_key: str, base: str = "") -> None:
        client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": base} if base else {},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        )
        self._api = client.v1

    def ensure_customer(self, *, name: str, email: str, reference: str, key: str) -> str:
        """Create a Customer; the same key gives the same one."""
        with answers():
            customer = self._api.customers.create(
                {"name": name, "email": email, "metadata": {"reference": reference}},
                {"idempotency_key": key},
            )
        return customer.id

    def ensure_price(self, *, code: str, name: str, amount: int, currency: str) -> str:
        """Find the Price by its lookup key, which names the plan and what it costs, or create it."""
        lookup = f"banyan-{code}-{amount}-{currency.lower()}"
        with answers():
            prices = self._api.prices.list({"lookup_keys": [lookup], "limit": 1})
            if prices.data:
                return prices.data[0].id
            price = self._api.prices.create(
                {
                    "currency": currency.lower(),
                    "unit_amount": units(amount, currency),
                    "lookup_key": lookup,
                    "recurring": {"interval": "month"},
                    "product_data": {"name": name, "metadata": {"plan": code}},
                },
                {"idempotency_key": lookup},
            )
        return price.id

    def card_page(self, customer_id: str, *, return_url: str) -> str:
        """Open a session of Stripe's billing portal, where the customer keeps the card; return its URL."""
        with answers():
            session = self._api.billing_portal.sessions.create(
                {"customer": customer_id, "return_url": return_url}
            )
        return session.url

    def subscribe(
        self, *, customer_id: str, price_id: str, trial_days: int, reference: str, key: str
    ) -> ProviderSubscription:
        """Create a Subscription; a trial that ends without a card leaves an invoice to be paid."""
        params: stripe.params.SubscriptionCreateParams = {
            "customer": customer_id,
            "items": [{"price": price_id}],
            "metadata": {"reference": reference},
            "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        }
        if trial_days:
            params["trial_period_days"] = trial_days
        asked_at = clock.now()
        with answers():
            return _subscription(self._api.subscriptions.create(params, {"idempotency_key": key}), asked_at)

    def find_subscription(self, *, customer_id: str, reference: str) -> ProviderSubscription | None:
        """Walk through the customer's subscriptions: the list knows a new one at once, a search would not."""
        asked_at = clock.now()
        with answers():
            page = self._api.subscriptions.list({"customer": customer_id, "limit": 100})
            subscriptions = [
                _subscription(subscription, asked_at) for subscription in page.auto_paging_iter()
            ]
        live = (subscription for subscription in subscriptions if subscription.status != BillingStatus.ENDED)
        return next((subscription for subscription in live if subscription.reference == reference), None)

    def preview_change(self, current: ProviderSubscription, *, price_id: str, at: datetime) -> Preview:
        """Ask Stripe for the invoice that the change would make."""
        with answers():
            invoice = self._api.invoices.create_preview(
                {
                    "subscription": current.id,
                    "subscription_details": {
                        "items": [{"id": current.item_id, "price": price_id}],
                        "proration_behavior": "always_invoice",
                        "proration_date": int(at.timestamp()),
                    },
                }
            )
        currency = invoice.currency.upper()
        lines = tuple(
            PreviewLine(line.description or "", nearest_minor_units(line.amount, currency))
            for line in invoice.lines.data
        )
        return Preview(lines, nearest_minor_units(invoice.amount_due, currency), currency, at)

    def change(
        self, current: ProviderSubscription, *, price_id: str, at: datetime, key: str
    ) -> ProviderSubscription:
        """Update the Subscription's item and invoice the proration at once."""
        asked_at = clock.now()
        with answers():
            changed = self._api.subscriptions.update(
                current.id,
                {
                    "items": [{"id": current.item_id, "price": price_id}],
                    "proration_behavior": "always_invoice",
                    "proration_date": int(at.timestamp()),
                },
                {"idempotency_key": key},
            )
        return _subscription(changed, asked_at)

    def fetch_subscription(self, subscription_id: str) -> ProviderSubscription:
        """Retrieve the Subscription with the moment at which it was asked for."""
        asked_at = clock.now()
        with answers():
            return _subscription(self._api.subscriptions.retrieve(subscription_id), asked_at)

    def fetch_invoice(self, invoice_id: str) -> ProviderInvoice:
        """Retrieve the Invoice with the Charge that paid it, if one did."""
        with answers():
            return _invoice(self._api.invoices.retrieve(invoice_id, {"expand": [CHARGED]}))

    def pay_invoice(self, invoice_id: str, *, key: str) -> ProviderInvoice:
        """Charge the customer's card; return the Invoice as it then is. Raises CallRefused if declined."""
        with answers():
            self._api.invoices.pay(invoice_id, {}, {"idempotency_key": key})
        return self.fetch_invoice(invoice_id)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _subscription(subscription: stripe.Subscription, asked_at: datetime) -> ProviderSubscription:
    # A Subscription is also a dictionary whose own "items" hides the field of that name.
    item = subscription["items"].data[0]
    return ProviderSubscription(
        id=subscription.id,
        status=STATUS[subscription.status],
        price_id=item.price.id,
        item_id=item.id,
        period_start=datetime.fromtimestamp(item.current_period_start, UTC),
        period_end=datetime.fromtimestamp(item.current_period_end, UTC),
        asked_at=asked_at,
        trial_end=_moment(subscription.trial_end),
        ends_at_period_end=subscription.cancel_at_period_end,
        reference=str(getattr(subscription.metadata, "reference", "") or ""),
        latest_invoice=_id(subscription.latest_invoice),
    )


def _id(thing: Any) -> str:
    return thing if isinstance(thing, str) else str(getattr(thing, "id", "") or "")


def _invoice(invoice: stripe.Invoice) -> ProviderInvoice:
    parent: Any = invoice.parent
    details = parent.subscription_details if parent else None
    currency = invoice.currency.upper()
    return ProviderInvoice(
        id=invoice.id or "",
        subscription_id=str(details.subscription) if details else "",
        number=invoice.number or "",
        status=invoice.status or "draft",
        total=nearest_minor_units(invoice.total, currency),
        paid=nearest_minor_units(invoice.amount_paid, currency),
        currency=currency,
        issued_at=datetime.fromtimestamp(invoice.created, UTC),
        pdf_url=invoice.invoice_pdf or "",
        page_url=invoice.hosted_invoice_url or "",
        charge_id=_charge_of(invoice),
    )


def _charge_of(invoice: stripe.Invoice) -> str:
    for row in getattr(getattr(invoice, "payments", None), "data", None) or []:
        intent: Any = getattr(row.payment, "payment_intent", None)
        charge = getattr(intent, "latest_charge", None)
        if charge:
            return str(charge)
    return ""
