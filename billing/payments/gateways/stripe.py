"""Stripe: separate charges and transfers. One PaymentIntent on the platform, one Transfer a payee."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import stripe
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from billing.payments.gateway import (
    ConnectedAccount,
    GatewayDeclined,
    GatewayRefused,
    GatewayUnavailable,
    Intent,
    IntentStatus,
    Move,
    MoveStatus,
    News,
    WrongSignature,
)

TIMEOUT = 20  # seconds; a call that takes longer is asked again with the same key
SIGNATURE_TOLERANCE = 300  # seconds
INTENT_STATUS = {
    "requires_payment_method": IntentStatus.WAITING,
    "requires_confirmation": IntentStatus.WAITING,
    "requires_action": IntentStatus.REQUIRES_ACTION,
    "requires_capture": IntentStatus.PROCESSING,
    "processing": IntentStatus.PROCESSING,
    "succeeded": IntentStatus.SUCCEEDED,
    "canceled": IntentStatus.CANCELLED,
}
MOVE_STATUS = {
    "succeeded": MoveStatus.SUCCEEDED,
    "paid": MoveStatus.SUCCEEDED,
    "failed": MoveStatus.FAILED,
    "canceled": MoveStatus.FAILED,
}


def connect() -> "StripeGateway":
    """Return the gateway for the keys in the settings; an empty secret would trust everybody: refused."""
    for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"):
        if not getattr(settings, name).strip():
            raise ImproperlyConfigured(f"{name} is empty: set it to the value in Stripe's dashboard")
    return StripeGateway(settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_BASE)


class StripeGateway:
    """billing.payments.gateway.Gateway over Stripe's API, or over the sandbox at ``base``."""

    name = "stripe"

    def __init__(self, secret_key: str, webhook_secret: str, base: str = "") -> None:
        self._webhook_secret = webhook_secret
        client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": base} if base else {},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        )
        self._api = client.v1

    def create_intent(
        self, *, amount: int, currency: str, group: str, reference: str, description: str, key: str
    ) -> Intent:
        """Create a PaymentIntent that takes whatever methods the dashboard allows."""
        with _meanings():
            return _intent(
                self._api.payment_intents.create(
                    {
                        "amount": amount,
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
        with _meanings():
            return _intent(
                self._api.payment_intents.confirm(
                    intent_id, {"payment_method": method, "return_url": return_url}, {"idempotency_key": key}
                )
            )

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        """Cancel; refused by Stripe once it has succeeded."""
        with _meanings():
            return _intent(self._api.payment_intents.cancel(intent_id, {}, {"idempotency_key": key}))

    def fetch_intent(self, intent_id: str) -> Intent:
        """Retrieve."""
        with _meanings():
            return _intent(self._api.payment_intents.retrieve(intent_id))

    def find_intent(self, reference: str) -> Intent | None:
        """Search by metadata; Stripe's index lags by a minute, so it serves for old references only."""
        with _meanings():
            found = self._api.payment_intents.search({"query": f"metadata['reference']:'{reference}'"})
        return _intent(found.data[0]) if found.data else None

    def refund(self, *, intent_id: str, amount: int, reference: str, key: str) -> Move:
        """Refund part or all of a PaymentIntent. Transfers are not touched by it."""
        with _meanings():
            return _move(
                self._api.refunds.create(
                    {"payment_intent": intent_id, "amount": amount, "metadata": {"reference": reference}},
                    {"idempotency_key": key},
                )
            )

    def fetch_refund(self, refund_id: str) -> Move:
        """Retrieve."""
        with _meanings():
            return _move(self._api.refunds.retrieve(refund_id))

    def find_refund(self, *, intent_id: str, reference: str) -> Move | None:
        """Walk through the refunds of a PaymentIntent."""
        with _meanings():
            page = self._api.refunds.list({"payment_intent": intent_id, "limit": 100})
            return _first(page, reference)

    def create_account(
        self, *, country: str, email: str, name: str, reference: str, key: str
    ) -> ConnectedAccount:
        """Create an Express account that receives transfers."""
        params: dict[str, Any] = {
            "type": "express",
            "country": country,
            "business_profile": {"name": name},
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"reference": reference},
        }
        if email:
            params["email"] = email
        with _meanings():
            return _account(
                self._api.accounts.create(
                    cast("stripe.params.AccountCreateParams", params), {"idempotency_key": key}
                )
            )

    def fetch_account(self, account_id: str) -> ConnectedAccount:
        """Retrieve."""
        with _meanings():
            return _account(self._api.accounts.retrieve(account_id))

    def onboarding_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """Create an AccountLink, good for one visit."""
        with _meanings():
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
            "amount": amount,
            "currency": currency.lower(),
            "destination": destination,
            "metadata": {"reference": reference},
        }
        if source:
            params["source_transaction"] = source  # the transfer takes over the charge's transfer_group
        elif group:
            params["transfer_group"] = group
        with _meanings():
            return _move(self._api.transfers.create(params, {"idempotency_key": key}))

    def fetch_transfer(self, transfer_id: str) -> Move:
        """Retrieve."""
        with _meanings():
            return _move(self._api.transfers.retrieve(transfer_id))

    def find_transfer(self, *, group: str, destination: str, reference: str) -> Move | None:
        """Walk through the transfers to an account, of one group if there is one."""
        params: stripe.params.TransferListParams = {"destination": destination, "limit": 100}
        if group:
            params["transfer_group"] = group
        with _meanings():
            return _first(self._api.transfers.list(params), reference)

    def reverse_transfer(self, transfer_id: str, *, amount: int, reference: str, key: str) -> Move:
        """Create a TransferReversal; refused if the payee's balance does not cover it."""
        with _meanings():
            return _move(
                self._api.transfers.reversals.create(
                    transfer_id,
                    {"amount": amount, "metadata": {"reference": reference}},
                    {"idempotency_key": key},
                )
            )

    def payout(
        self, *, account_id: str, amount: int, currency: str, instant: bool, reference: str, key: str
    ) -> Move:
        """Create a Payout on the connected account."""
        with _meanings():
            return _move(
                self._api.payouts.create(
                    {
                        "amount": amount,
                        "currency": currency.lower(),
                        "method": "instant" if instant else "standard",
                        "metadata": {"reference": reference},
                    },
                    {"idempotency_key": key, "stripe_account": account_id},
                )
            )

    def verify_webhook(self, body: bytes, signature: str) -> News:
        """Check ``Stripe-Signature`` over the raw body, no older than five minutes."""
        try:
            event = stripe.Webhook.construct_event(body, signature, self._webhook_secret, SIGNATURE_TOLERANCE)
            return News(
                id=str(event.id),
                topic=str(event.type),
                object_id=str(event.data.object["id"]),
                account=str(getattr(event, "account", "") or ""),
            )
        except (stripe.SignatureVerificationError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise WrongSignature(str(error)) from error


@contextmanager
def _meanings() -> Iterator[None]:
    """Turn Stripe's errors into what they mean for the caller."""
    try:
        yield
    except stripe.CardError as error:
        decline = str(_field(error.error, "decline_code", ""))
        raise GatewayDeclined(error.user_message or str(error), decline or error.code or "") from error
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise GatewayUnavailable(str(error), error.code or "") from error
    except stripe.APIError as error:
        raise GatewayUnavailable(str(error), error.code or "") from error
    except stripe.StripeError as error:
        # 409: the first request with this key is still running. 401: our key is wrong, which says nothing
        # about what was asked; taken for a refusal it would end every refund on its way.
        kind = GatewayUnavailable if error.http_status in {401, 409} else GatewayRefused
        raise kind(error.user_message or str(error), error.code or "") from error


def _field(thing: Any, name: str, default: Any = None) -> Any:
    value = getattr(thing, name, default)
    return default if value is None else value


def _id(value: Any) -> str:
    return value if isinstance(value, str) else str(_field(value, "id", ""))


def _intent(intent: stripe.PaymentIntent) -> Intent:
    problem = _field(intent, "last_payment_error")
    action = _field(_field(intent, "next_action"), "redirect_to_url")
    return Intent(
        id=intent.id,
        status=INTENT_STATUS[intent.status],
        amount=intent.amount,
        received=int(_field(intent, "amount_received", 0)),
        currency=intent.currency.upper(),
        charge_id=_id(_field(intent, "latest_charge", "")),
        client_secret=str(_field(intent, "client_secret", "")),
        next_action_url=str(_field(action, "url", "")),
        error=str(_field(problem, "message", "")),
        error_code=str(_field(problem, "decline_code", "") or _field(problem, "code", "")),
        reference=str(_field(_field(intent, "metadata"), "reference", "")),
    )


def _move(move: Any) -> Move:
    # Transfers and reversals have no status: they exist or they do not.
    status = _field(move, "status", "succeeded")
    return Move(
        id=str(move.id),
        status=MOVE_STATUS.get(status, MoveStatus.PENDING),
        amount=int(move.amount),
        currency=str(move.currency).upper(),
        error=str(_field(move, "failure_message", "") or _field(move, "failure_reason", "")),
        reversed=int(_field(move, "amount_reversed", 0)),
        reference=str(_field(_field(move, "metadata"), "reference", "")),
    )


def _first(page: Any, reference: str) -> Move | None:
    for item in page.auto_paging_iter():
        if _move(item).reference == reference:
            return _move(item)
    return None


def _account(account: stripe.Account) -> ConnectedAccount:
    requirements = _field(account, "requirements")
    transfers = _field(_field(account, "capabilities"), "transfers", "")
    return ConnectedAccount(
        id=account.id,
        can_be_paid=transfers == "active",
        requirements=tuple(_field(requirements, "currently_due", [])),
        disabled_reason=str(_field(requirements, "disabled_reason", "")),
    )
