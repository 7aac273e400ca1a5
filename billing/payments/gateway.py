"""Payment providers as the rest of the product sees them: a Protocol and plain data.

Each provider is a package in ``billing.payments.gateways``; the setting PAYMENT_GATEWAY names the one in
force. Amounts are minor units, currencies ISO 4217 in upper case. No call belongs inside a transaction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings

from kernel.calls.errors import CallError

GATEWAYS = ("stripe", "wechat")
"""What a shop can be paid through: packages in billing.payments.gateways."""


class GatewayDeclined(CallError):
    """The member's bank said no; the message is for the member."""


class WrongSignature(CallError):
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


class PaymentPage(StrEnum):
    """How a member pays on the shop's page."""

    CARD_FORM = "card_form"
    """A card is entered on it, in a form of the provider's."""
    CODE = "code"
    """A code on it is read by the provider's app, or it leads into that app."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gateway takes of one currency. Amounts are our minor units (kernel.money.amounts.exponent)."""

    currency: str
    decimals: int
    """Digits after the point in the provider's own units, which may be more than ours."""
    step: int
    """Every amount is a multiple of this."""
    least: int
    """The least payment; a refund may be smaller."""
    greatest: int
    payout_step: int
    """Every payout to a bank is a multiple of this."""


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


class PayoutMethod(StrEnum):
    """How fast a payout travels: within minutes to banks and cards that take it, or in days."""

    INSTANT = "instant"
    STANDARD = "standard"


class DisputeStatus(StrEnum):
    """Where a dispute stands. An inquiry that was dropped is won."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Move:
    """A refund, transfer, reversal or payout as the provider has it now."""

    id: str
    status: MoveStatus
    amount: int
    currency: str
    error: str = ""
    reversed: int = 0
    """What was taken back of a transfer."""
    reference: str = ""
    """The metadata "reference" given when it was made."""
    payment_external_id: str = ""
    """The payment that a refund is of."""
    arrives_at: datetime | None = None
    """When a payout is expected in the bank."""


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """A payee's account at the provider as it is now."""

    id: str
    payouts_enabled: bool
    """Whether the payee's money may go on to their bank."""
    requirements_due: tuple[str, ...] = ()
    disabled_reason: str = ""
    can_be_paid: bool = False
    """Whether transfers to the account are taken."""
    bank_fingerprint: str = ""
    """The same for two accounts that are paid to the same bank account or card; empty if unknown."""


@dataclass(frozen=True, slots=True)
class PayeeBalance:
    """What of a payee's money at the provider can go on to their bank; both can be below zero."""

    available: int
    instant: int
    """How much of it can be there within minutes; 0 where the bank does not take that."""


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """A payment that the member's bank wants back, as the provider has it now."""

    id: str
    charge_id: str
    payment_external_id: str
    amount: int
    currency: str
    status: DisputeStatus
    reason: str
    withdrawn: int = 0
    """What is taken off our balance at present: the amount, nothing for an inquiry or once it is won."""
    fee: int = 0
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class BalanceMove:
    """One line of our balance at the provider: ``net`` = ``amount`` - ``fee``, positive when it came in."""

    id: str
    type: str
    amount: int
    fee: int
    net: int
    currency: str
    source: str
    """The object that moved it: a charge, refund, transfer, reversal, dispute or payout."""
    created: datetime
    available_on: datetime
    reference: str = ""
    """The reference given when the source was made, if it has one."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A verified webhook. Says only that something about an object changed, not what is true now.

    ``topic`` bears Stripe's names, whichever the provider: payment_intent., refund., charge.dispute.,
    transfer., payout., account.updated; ``account`` is the payee's account it is about, if any.
    """

    id: str
    topic: str
    object_id: str
    account: str = ""


class Gateway(Protocol):
    """What a payment provider has to do. Every write takes a key that makes it safe to repeat.

    All raise NoClearAnswer (ask again, same key) or CallRefused; ``confirm`` also GatewayDeclined.
    """

    name: str
    payment_page: PaymentPage
    payee_countries: frozenset[str]
    """Where payees may live for whom an account can be opened; empty if none is opened at all."""
    app_agent: str
    """What browsers inside the provider's own app call themselves; empty if there is no such app."""

    def opens_in_app(self) -> bool:
        """Say whether a payment can be made inside the provider's app."""
        ...

    def test_page(self, intent_id: str) -> str:
        """Return where the sandbox lets somebody pay; empty where the shop's own page does."""
        ...

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
        """Prepare to be paid. ``group`` ties the transfers of one order together.

        ``payer`` is the member's own id at the provider, where the page runs inside its app.
        """
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

    def refund(self, *, intent_id: str, amount: int, currency: str, reference: str, key: str) -> Move:
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
    ) -> ProviderAccount:
        """Open a payee's account; ``country`` is one of ``payee_countries``, and stays as it is."""
        ...

    def find_account(self, reference: str, *, since: datetime) -> ProviderAccount | None:
        """Look for a payee's account opened earlier for ``reference``, not before ``since``."""
        ...

    def fetch_account(self, account_id: str) -> ProviderAccount:
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

    def reverse_transfer(
        self, transfer_id: str, *, amount: int, currency: str, reference: str, key: str
    ) -> Move:
        """Take part of a transfer back from the payee."""
        ...

    def find_reversal(self, transfer_id: str, *, reference: str) -> Move | None:
        """Look for a reversal made earlier for ``reference``."""
        ...

    def available(self, currency: str) -> int:
        """Return our own available balance; it can be below zero."""
        ...

    def payee_balance(self, account: str, currency: str) -> PayeeBalance | None:
        """Return what of a payee's money can go on to their bank; None if transfers end there."""
        ...

    def payout(
        self, *, account: str, amount: int, currency: str, method: PayoutMethod, reference: str, key: str
    ) -> Move:
        """Send a payee's money on to their bank."""
        ...

    def fetch_payout(self, account: str, payout_id: str) -> Move:
        """Return the payout as it is now: a bank may give it back days after it was paid."""
        ...

    def find_payout(self, *, account: str, reference: str) -> Move | None:
        """Look for a payout made earlier for ``reference``."""
        ...

    def charge_is_available(self, charge_id: str) -> bool:
        """Say whether the money of a charge has arrived in our balance."""
        ...

    def balance_transactions(
        self, since: datetime, until: datetime, *, account: str = ""
    ) -> Iterator[BalanceMove]:
        """Return every line of our balance (or of a payee's) made at or after ``since``, before ``until``."""
        ...

    def complete_until(self, moment: datetime) -> datetime:
        """Return until when all lines of our balance are there at ``moment``: later ones may be missing."""
        ...

    def fetch_dispute(self, external_id: str) -> ProviderDispute:
        """Return the dispute as it is now."""
        ...

    def submit_evidence(self, external_id: str, *, evidence: Mapping[str, str], key: str) -> ProviderDispute:
        """Answer a dispute, once; ``evidence`` bears the provider's own names of the fields."""
        ...

    def accept_dispute(self, external_id: str, *, key: str) -> ProviderDispute:
        """Give a dispute up: the money is the member's."""
        ...

    def verify_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Check the signature over the raw body and say what the event is about. Raises WrongSignature.

        ``headers`` are looked up whatever the case of their names.
        """
        ...


def gateway(name: str = "") -> Gateway:
    """Return the provider of that name, or the one that is used where nothing else was chosen."""
    return _connected(name or settings.PAYMENT_GATEWAY)


@cache
def _connected(name: str) -> Gateway:
    if name not in GATEWAYS:
        raise ValueError(f"there is no payment gateway {name!r}; known: {', '.join(GATEWAYS)}")
    module = import_module(f"billing.payments.gateways.{name}.gateway")
    return cast("Gateway", module.connect())


def forget_connections() -> None:
    """Connect anew when a gateway is next asked for: settings have changed."""
    _connected.cache_clear()
