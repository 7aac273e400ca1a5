"""A payment provider in memory, behind the port: it keeps its own books and sometimes answers too late."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from billing.payments.gateway import (
    BalanceMove,
    DisputeStatus,
    Intent,
    IntentStatus,
    Move,
    MoveStatus,
    PayeeBalance,
    PaymentPage,
    ProviderAccount,
    ProviderDispute,
)
from kernel import clock
from kernel.calls.errors import CallRefused, NoClearAnswer

DISPUTE_FEE = 1_500


class FakeGateway:
    """Every effect happens once a key; a call may fail before or after its effect. Amounts in minor units."""

    def __init__(self, seed: int, trouble: float) -> None:
        self.random, self.trouble = Random(seed), trouble
        self.intents: dict[str, Intent] = {}
        self.moves: dict[str, tuple[Move, dict[str, str]]] = {}
        self.disputes: dict[str, ProviderDispute] = {}
        self.done: dict[str, Any] = {}
        self.lines: list[BalanceMove] = []
        self.number = 0

    payment_page, app_agent = PaymentPage.CARD_FORM, ""
    payee_countries = frozenset({"CN"})

    def opens_in_app(self) -> bool:
        return False

    def test_page(self, intent_id: str) -> str:
        return ""

    def _once(self, key: str, act: Any) -> Any:
        """Do it unless it was done; break the line before or after, now and then."""
        luck = self.random.random()
        if luck < self.trouble / 2:
            raise NoClearAnswer("the line broke before")
        if key not in self.done:
            self.done[key] = act()
        if luck < self.trouble:
            raise NoClearAnswer("the line broke after")
        return self.done[key]

    def _id(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}_{self.number}"

    def _line(self, kind: str, amount: int, source: str, reference: str, fee: int = 0) -> None:
        now = clock.now().replace(microsecond=0)
        self.lines.append(
            BalanceMove(self._id("txn"), kind, amount, fee, amount - fee, "CNY", source, now, now, reference)
        )

    def create_intent(self, *, amount: int, currency: str, reference: str, key: str, **_rest: Any) -> Intent:
        def act() -> str:
            name = self._id("pi")
            self.intents[name] = Intent(
                name, IntentStatus.WAITING, amount, 0, currency, reference=reference, client_secret="x"
            )
            return name

        return self.intents[self._once(key, act)]

    def confirm_intent(self, intent_id: str, *, key: str, **_rest: Any) -> Intent:
        def act() -> str:
            stored = self.intents[intent_id]
            if stored.status == IntentStatus.WAITING:
                charge = self._id("ch")
                self.intents[intent_id] = replace(
                    stored, status=IntentStatus.SUCCEEDED, received=stored.amount, charge_id=charge
                )
                fee = stored.amount * 29 // 1000
                self._line("charge", stored.amount, charge, stored.reference, fee)
            return intent_id

        return self.intents[self._once(key, act)]

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        stored = self.intents[intent_id]
        if stored.status == IntentStatus.SUCCEEDED:
            raise CallRefused("it was paid")
        self.intents[intent_id] = replace(stored, status=IntentStatus.CANCELLED)
        return self.intents[intent_id]

    def fetch_intent(self, intent_id: str) -> Intent:
        return self.intents[intent_id]

    def find_intent(self, reference: str) -> Intent | None:
        return next((intent for intent in self.intents.values() if intent.reference == reference), None)

    def _move(self, prefix: str, kind: str, amount: int, reference: str, key: str, **about: str) -> Move:
        def act() -> str:
            name = self._id(prefix)
            paid_by = about.get("intent", "")
            move = Move(
                name, MoveStatus.SUCCEEDED, amount, "CNY", reference=reference, payment_external_id=paid_by
            )
            self.moves[name] = (move, about)
            if kind:
                self._line(kind, -amount, name, reference)
            return name

        return self.moves[self._once(key, act)][0]

    def refund(self, *, intent_id: str, amount: int, currency: str, reference: str, key: str) -> Move:
        if key not in self.done:
            if any(dispute.status != DisputeStatus.WON for dispute in self.disputes_of(intent_id)):
                raise CallRefused("it has been charged back; cannot issue a refund", "charge_disputed")
            if amount > self.refundable(intent_id):
                raise CallRefused("it is greater than what is left of the charge")
        return self._move("re", "refund", amount, reference, key, intent=intent_id)

    def refunded(self, intent_id: str) -> int:
        """Return how much of a payment went back by refunds."""
        return sum(
            move.amount
            for name, (move, about) in self.moves.items()
            if name.startswith("re_") and about["intent"] == intent_id
        )

    def refundable(self, intent_id: str) -> int:
        """Return how much of a payment a refund could still send back."""
        return self.intents[intent_id].received - self.refunded(intent_id)

    def disputes_of(self, intent_id: str) -> list[ProviderDispute]:
        """Return the disputes about a payment."""
        return [row for row in self.disputes.values() if row.payment_external_id == intent_id]

    def fetch_refund(self, refund_id: str) -> Move:
        return self.moves[refund_id][0]

    def find_refund(self, *, intent_id: str, reference: str) -> Move | None:
        return next((move for move, _about in self.moves.values() if move.reference == reference), None)

    def dispute(self, intent_id: str) -> str:
        """Let the member's bank take a payment back for now; return the dispute's id."""
        paid, name = self.intents[intent_id], self._id("dp")
        self.disputes[name] = ProviderDispute(
            name,
            paid.charge_id,
            intent_id,
            paid.amount,
            paid.currency,
            DisputeStatus.NEEDS_RESPONSE,
            "fraudulent",
            withdrawn=paid.amount,
            fee=DISPUTE_FEE,
        )
        self._line("adjustment", -paid.amount, name, "", DISPUTE_FEE)
        return name

    def decide(self, dispute_id: str, *, won: bool) -> None:
        """Let the bank decide; what the shop has won comes back, but not the fee."""
        stored = self.disputes[dispute_id]
        status = DisputeStatus.WON if won else DisputeStatus.LOST
        self.disputes[dispute_id] = replace(stored, status=status, withdrawn=0 if won else stored.amount)
        if won:
            self._line("adjustment", stored.amount, dispute_id, "")

    def fetch_dispute(self, external_id: str) -> ProviderDispute:
        return self.disputes[external_id]

    def transfer(self, *, amount: int, reference: str, key: str, **_rest: Any) -> Move:
        if key not in self.done and self.random.random() < self.trouble / 2:
            raise CallRefused("this account cannot be paid at the moment", "account_closed")
        return self._move("tr", "transfer", amount, reference, key)

    def fetch_transfer(self, transfer_id: str) -> Move:
        return self.moves[transfer_id][0]

    def find_transfer(self, *, reference: str, **_rest: Any) -> Move | None:
        return next((move for move, _about in self.moves.values() if move.reference == reference), None)

    def payout(self, *, amount: int, reference: str, key: str, **_rest: Any) -> Move:
        return self._move("po", "", amount, reference, key)

    def fetch_payout(self, account: str, payout_id: str) -> Move:
        return self.moves[payout_id][0]

    def find_payout(self, *, account: str, reference: str) -> Move | None:
        return None

    def create_account(self, *, reference: str, key: str, **_rest: Any) -> ProviderAccount:
        return ProviderAccount(f"acct_{reference}", True, can_be_paid=True)

    def find_account(self, reference: str, *, since: datetime) -> ProviderAccount | None:
        return None

    def fetch_account(self, account_id: str) -> ProviderAccount:
        return ProviderAccount(account_id, True, can_be_paid=True)

    def available(self, currency: str) -> int:
        return sum(line.net for line in self.lines)

    def payee_balance(self, account: str, currency: str) -> PayeeBalance | None:
        return None

    def charge_is_available(self, charge_id: str) -> bool:
        return True

    def complete_until(self, moment: datetime) -> datetime:
        return moment

    def balance_transactions(self, since: datetime, until: datetime, **_rest: Any) -> Iterator[BalanceMove]:
        return (line for line in self.lines if since.replace(microsecond=0) <= line.created < until)
