"""Stripe: separate charges and transfers. One PaymentIntent on the platform, one Transfer a payee."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

import stripe
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from billing.payments.gateway import (
    BalanceMove,
    Intent,
    Move,
    PayeeBalance,
    PaymentPage,
    PayoutMethod,
    ProviderAccount,
    ProviderDispute,
    WebhookEvent,
    WrongSignature,
)
from billing.payments.gateways.stripe.answers import (
    answers,
    find_account,
    find_first,
    read_account,
    read_balance_move,
    read_dispute,
    read_intent,
    read_move,
)
from billing.payments.gateways.stripe.countries import PAYEE_COUNTRIES
from billing.payments.gateways.stripe.currencies import nearest_minor_units, units

TIMEOUT = 20  # seconds; a call that takes longer is asked again with the same key
SIGNATURE_TOLERANCE = 300  # seconds


def connect() -> "StripeGateway":
    """Return the gateway for the keys in the settings; an empty secret would trust everybody: refused."""
    for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"):
        if not getattr(settings, name).strip():
            raise ImproperlyConfigured(f"{name} is empty: set it to the value in Stripe's dashboard")
    return StripeGateway(settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_BASE)


class StripeGateway:
    """billing.payments.gateway.Gateway over Stripe's API, or over the sandbox at ``base``."""

    name = "stripe"
    payment_page, app_agent = PaymentPage.CARD_FORM, ""
    payee_countries = PAYEE_COUNTRIES

    def __init__(self, secret_key: str, webhook_secret: str, base: str = "") -> None:
        self._webhook_secret = webhook_secret
        client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": base} if base else {},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        )
        self._api = client.v1

    def opens_in_app(self) -> bool:
        """Stripe has no app of its own."""
        return False

    def test_page(self, intent_id: str) -> str:
        """Test cards are tried on the shop's own page."""
        return ""

    def create_intent(
        self,
        *,
        amount: int,
        currency: str,
        group: str,
        reference: str,
        description: str,
        key: str,
        payer: str = "",
    ) -> Intent:
        """Create a PaymentIntent that takes whatever methods the dashboard allows, whoever pays."""
        with answers():
            return read_intent(
                self._api.payment_intents.create(
                    {
                        "amount": units(amount, currency),
                        "currency": currency.lower(),
                        "transfer_group": group,
                        "description": description,
                        "metadata": {"reference": reference},
                        "automatic_payment_methods": {"enabled": True},
                    },
                    {"idempotency_key": key},
                )
            )

    def confirm_intent(self, intent_id: str, *, method: str, return_url: str, key: str) -> Intent:
        """Confirm with a payment method's token. A decline is GatewayDeclined, 3-D Secure a next action."""
        with answers():
            return read_intent(
                self._api.payment_intents.confirm(
                    intent_id, {"payment_method": method, "return_url": return_url}, {"idempotency_key": key}
                )
            )

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        """Cancel; refused by Stripe once it has succeeded."""
        with answers():
            return read_intent(self._api.payment_intents.cancel(intent_id, {}, {"idempotency_key": key}))

    def fetch_intent(self, intent_id: str) -> Intent:
        """Retrieve the PaymentIntent. Raises CallRefused if there is none of this id."""
        with answers():
            return read_intent(self._api.payment_intents.retrieve(intent_id))

    def find_intent(self, reference: str) -> Intent | None:
        """Search by metadata; Stripe's index lags by a minute, so it serves for old references only."""
        with answers():
            results = self._api.payment_intents.search({"query": f"metadata['reference']:'{reference}'"})
        return read_intent(results.data[0]) if results.data else None

    def refund(self, *, intent_id: str, amount: int, currency: str, reference: str, key: str) -> Move:
        """Refund part or all of a PaymentIntent. It changes no transfer."""
        with answers():
            return read_move(
                self._api.refunds.create(
                    {
                        "payment_intent": intent_id,
                        "amount": units(amount, currency),
                        "metadata": {"reference": reference},
                    },
                    {"idempotency_key": key},
                )
            )

    def fetch_refund(self, refund_id: str) -> Move:
        """Retrieve the Refund: it may fail days after it was made."""
        with answers():
            return read_move(self._api.refunds.retrieve(refund_id))

    def find_refund(self, *, intent_id: str, reference: str) -> Move | None:
        """Walk through the refunds of a PaymentIntent."""
        with answers():
            page = self._api.refunds.list({"payment_intent": intent_id, "limit": 100})
            return find_first(page, reference)

    def create_account(
        self, *, country: str, email: str, name: str, reference: str, key: str
    ) -> ProviderAccount:
        """Create an Express account that receives transfers."""
        params: dict[str, Any] = {
            "type": "express",
            "country": country,
            "business_profile": {"name": name},
            "capabilities": {"transfers": {"requested": True}},
            # We send the money on, so that it is instant where it can be, and known to have arrived.
            "settings": {"payouts": {"schedule": {"interval": "manual"}}},
            "metadata": {"reference": reference},
        }
        if email:
            params["email"] = email
        with answers():
            return read_account(
                self._api.accounts.create(
                    cast("stripe.params.AccountCreateParams", params), {"idempotency_key": key}
                )
            )

    def find_account(self, reference: str, *, since: datetime) -> ProviderAccount | None:
        """Walk through the accounts opened since then: Stripe's search does not know accounts."""
        with answers():
            page = self._api.accounts.list({"created": {"gte": int(since.timestamp())}, "limit": 100})
            return find_account(page, reference)

    def fetch_account(self, account_id: str) -> ProviderAccount:
        """Retrieve the Account with what Stripe still asks of it."""
        with answers():
            return read_account(self._api.accounts.retrieve(account_id))

    def onboarding_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """Create an AccountLink, good for one visit."""
        with answers():
            link = self._api.account_links.create(
                {
                    "account": account_id,
                    "refresh_url": refresh_url,
                    "return_url": return_url,
                    "type": "account_onboarding",
                }
            )
        return str(link.url)

    def transfer(
        self,
        *,
        amount: int,
        currency: str,
        destination: str,
        group: str,
        source: str,
        reference: str,
        key: str,
    ) -> Move:
        """Create a Transfer; with ``source_transaction`` it need not wait for the charge's money."""
        params: stripe.params.TransferCreateParams = {
            "amount": units(amount, currency),
            "currency": currency.lower(),
            "destination": destination,
            "metadata": {"reference": reference},
        }
        if source:
            params["source_transaction"] = source  # the transfer takes over the charge's transfer_group
        elif group:
            params["transfer_group"] = group
        with answers():
            return read_move(self._api.transfers.create(params, {"idempotency_key": key}))

    def fetch_transfer(self, transfer_id: str) -> Move:
        """Retrieve the Transfer with what was reversed of it."""
        with answers():
            return read_move(self._api.transfers.retrieve(transfer_id))

    def find_transfer(self, *, group: str, destination: str, reference: str) -> Move | None:
        """Walk through the transfers to an account, of one group if there is one."""
        params: stripe.params.TransferListParams = {"destination": destination, "limit": 100}
        if group:
            params["transfer_group"] = group
        with answers():
            return find_first(self._api.transfers.list(params), reference)

    def reverse_transfer(
        self, transfer_id: str, *, amount: int, currency: str, reference: str, key: str
    ) -> Move:
        """Create a TransferReversal; refused if the payee's balance does not cover it."""
        with answers():
            return read_move(
                self._api.transfers.reversals.create(
                    transfer_id,
                    {"amount": units(amount, currency), "metadata": {"reference": reference}},
                    {"idempotency_key": key},
                )
            )

    def find_reversal(self, transfer_id: str, *, reference: str) -> Move | None:
        """Walk through the reversals of a Transfer."""
        with answers():
            return find_first(self._api.transfers.reversals.list(transfer_id, {"limit": 100}), reference)

    def payee_balance(self, account: str, currency: str) -> PayeeBalance | None:
        """Read the account's balance; ``instant_available`` is left out where no bank or card takes it."""
        with answers():
            balance = self._api.balance.retrieve({}, {"stripe_account": account})

        def amount(rows: Any) -> int:
            there = sum(int(row.amount) for row in rows or [] if row.currency == currency.lower())
            return nearest_minor_units(there, currency)

        return PayeeBalance(amount(balance.available), amount(getattr(balance, "instant_available", None)))

    def available(self, currency: str) -> int:
        """Read the platform's available balance; below zero after fees and refunds without new charges."""
        with answers():
            rows = self._api.balance.retrieve().available
        return nearest_minor_units(
            sum(row.amount for row in rows if row.currency == currency.lower()), currency
        )

    def payout(
        self, *, account: str, amount: int, currency: str, method: PayoutMethod, reference: str, key: str
    ) -> Move:
        """Create a Payout on the connected account."""
        with answers():
            return read_move(
                self._api.payouts.create(
                    {
                        "amount": units(amount, currency),
                        "currency": currency.lower(),
                        "method": "instant" if method == PayoutMethod.INSTANT else "standard",
                        "metadata": {"reference": reference},
                    },
                    {"idempotency_key": key, "stripe_account": account},
                )
            )

    def fetch_payout(self, account: str, payout_id: str) -> Move:
        """Retrieve the Payout, on the connected account that it is of."""
        with answers():
            return read_move(self._api.payouts.retrieve(payout_id, {}, {"stripe_account": account}))

    def find_payout(self, *, account: str, reference: str) -> Move | None:
        """Walk through the account's payouts."""
        with answers():
            return find_first(self._api.payouts.list({"limit": 100}, {"stripe_account": account}), reference)

    def charge_is_available(self, charge_id: str) -> bool:
        """Look at the balance transaction of a Charge."""
        with answers():
            charge = self._api.charges.retrieve(charge_id, {"expand": ["balance_transaction"]})
        # A charge has none until it was captured.
        return getattr(charge.balance_transaction, "status", "pending") == "available"

    def balance_transactions(
        self, since: datetime, until: datetime, *, account: str = ""
    ) -> Iterator[BalanceMove]:
        """Page through the balance transactions of a window, newest first."""
        params: stripe.params.BalanceTransactionListParams = {
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "expand": ["data.source"],
            "limit": 100,
        }
        options: stripe.RequestOptions = {"stripe_account": account} if account else {}
        with answers():
            for row in self._api.balance_transactions.list(params, options).auto_paging_iter():
                yield read_balance_move(row)

    def complete_until(self, moment: datetime) -> datetime:
        """Stripe shows a line as soon as it makes it."""
        return moment

    def fetch_dispute(self, external_id: str) -> ProviderDispute:
        """Retrieve the Dispute with its balance transactions."""
        with answers():
            return read_dispute(self._api.disputes.retrieve(external_id))

    def submit_evidence(self, external_id: str, *, evidence: Mapping[str, str], key: str) -> ProviderDispute:
        """Update with evidence and submit it: Stripe takes it once."""
        params = cast("stripe.params.DisputeUpdateParams", {"evidence": dict(evidence), "submit": True})
        with answers():
            return read_dispute(self._api.disputes.update(external_id, params, {"idempotency_key": key}))

    def accept_dispute(self, external_id: str, *, key: str) -> ProviderDispute:
        """Close: the dispute is lost."""
        with answers():
            return read_dispute(self._api.disputes.close(external_id, {}, {"idempotency_key": key}))

    def verify_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Check ``Stripe-Signature`` over the raw body, no older than five minutes."""
        signature = headers.get("Stripe-Signature", "")
        try:
            event = stripe.Webhook.construct_event(body, signature, self._webhook_secret, SIGNATURE_TOLERANCE)
            return WebhookEvent(
                id=str(event.id),
                topic=str(event.type),
                object_id=str(event.data.object["id"]),
                account=str(getattr(event, "account", "") or ""),
            )
        except (stripe.SignatureVerificationError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise WrongSignature(str(error)) from error
