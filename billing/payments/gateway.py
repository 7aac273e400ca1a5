"""The outside world of money, as the rest of the house sees it: a Protocol and plain data.

Each provider is a module in ``billing.payments.gateways``; the setting PAYMENT_GATEWAY names the one in
force. Amounts are minor units, currencies ISO 4217 in upper case. No call belongs inside a transaction.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings


class GatewayError(Exception):
    """The provider did not do what was asked. ``code`` is the provider's own."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class GatewayUnavailable(GatewayError):
    """No clear answer: it may or may not have happened. Ask again with the same key."""


class GatewayDeclined(GatewayError):
    """The member's bank said no; the message is for the member."""


class GatewayRefused(GatewayError):
    """The request itself was refused: asking again changes nothing until something else changes."""


class WrongSignature(GatewayError):
    """A webhook that the provider did not sign, or one that is too old."""


class IntentStatus(StrEnum):
    """Where a payment stands at the provider."""

    WAITING = "waiting"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


class MoveStatus(StrEnum):
    """Where a refund, transfer or payout stands at the provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment as the provider has it now."""

    id: str
    status: IntentStatus
    amount: int
    received: int
    currency: str
    charge_id: str = ""
    client_secret: str = ""
    next_action_url: str = ""
    error: str = ""
    error_code: str = ""
    reference: str = ""
    """The metadata "reference" given when it was made: our own id."""


@dataclass(frozen=True, slots=True)
class Move:
    """A refund, transfer or payout as the provider has it now. ``reversed`` is what was taken back of it."""

    id: str
    status: MoveStatus
    amount: int
    currency: str
    error: str = ""
    reversed: int = 0
    reference: str = ""
    """The metadata "reference" given when it was made."""


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """A payee's account at the provider."""

    id: str
    can_be_paid: bool
    requirements: tuple[str, ...] = ()
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """A verified webhook. Says only that something about an object changed, not what is true now."""

    id: str
    topic: str
    object_id: str
    account: str = ""


class Gateway(Protocol):
    """What a payment provider has to do. Every write takes a key that makes it safe to repeat.

    All raise GatewayUnavailable (ask again, same key) or GatewayRefused; ``confirm`` also GatewayDeclined.
    """

    name: str

    def create_intent(
        self, *, amount: int, currency: str, group: str, reference: str, description: str, key: str
    ) -> Intent:
        """Prepare to be paid. ``group`` ties the transfers of one order together."""
        ...

    def confirm_intent(self, intent_id: str, *, method: str, return_url: str, key: str) -> Intent:
        """Charge a payment method named by the provider's token."""
        ...

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        """Give up an unpaid payment for good."""
        ...

    def fetch_intent(self, intent_id: str) -> Intent:
        """Return the payment as it is now."""
        ...

    def find_intent(self, reference: str) -> Intent | None:
        """Look for a payment made earlier for ``reference``, when its key may have been forgotten."""
        ...

    def refund(self, *, intent_id: str, amount: int, reference: str, key: str) -> Move:
        """Send money of a payment back to the member."""
        ...

    def fetch_refund(self, refund_id: str) -> Move:
        """Return the refund as it is now."""
        ...

    def find_refund(self, *, intent_id: str, reference: str) -> Move | None:
        """Look for a refund made earlier for ``reference``."""
        ...

    def create_account(
        self, *, country: str, email: str, name: str, reference: str, key: str
    ) -> ConnectedAccount:
        """Open a payee's account."""
        ...

    def fetch_account(self, account_id: str) -> ConnectedAccount:
        """Return the account as it is now."""
        ...

    def onboarding_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """Return a page of the provider where the payee completes their data."""
        ...

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
        """Move money to a payee; with ``source`` (a charge) before that charge's money is available."""
        ...

    def fetch_transfer(self, transfer_id: str) -> Move:
        """Return the transfer as it is now."""
        ...

    def find_transfer(self, *, group: str, destination: str, reference: str) -> Move | None:
        """Look for a transfer made earlier for ``reference``."""
        ...

    def reverse_transfer(self, transfer_id: str, *, amount: int, reference: str, key: str) -> Move:
        """Take part of a transfer back from the payee."""
        ...

    def payout(
        self, *, account_id: str, amount: int, currency: str, instant: bool, reference: str, key: str
    ) -> Move:
        """Send a payee's money to their bank."""
        ...

    def verify_webhook(self, body: bytes, signature: str) -> News:
        """Check the signature over the raw body and say what the news is about. Raises WrongSignature."""
        ...


@cache
def gateway() -> Gateway:
    """Return the provider in force."""
    module = import_module(f"billing.payments.gateways.{settings.PAYMENT_GATEWAY}")
    return cast("Gateway", module.connect())
