"""Payouts to a bank in every order of events: sent on, arrived, given back, taken out there, not heard of.

Whatever happens, no more goes to the bank than was transferred; once the provider answers and the payee has
an account that takes it, all of it is there.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.payments.gateway import Move, MoveStatus, PayeeBalance, PayoutMethod
from billing.payouts.bank_payouts import selectors as bank_payout_selectors
from billing.payouts.bank_payouts import services as bank_payout_services
from billing.payouts.models import BankPayout, Payout, PayoutAccount
from kernel import clock
from kernel.calls.errors import CallRefused, NoClearAnswer
from kernel.calls.outgoing import row_of
from kernel.ids import new_id
from tests.support.world import World

STEP = 100
"""Forints go to banks in whole units."""
ACTIONS = (
    "transfer",
    "clear",
    "send",
    "arrive",
    "give_back",
    "take_out",
    "name_bank",
    "wait",
    "break_line",
    "report",
)


@dataclass
class Provider:
    """A provider's side of one payee: the balance, and payouts by their ids. Minor units."""

    available: int = 0
    pending: int = 0
    is_open: bool = True
    breaks: str = ""
    payouts: dict[str, Move] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    unreported: list[str] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def payee_balance(self, _account: str, _currency: str) -> PayeeBalance:
        return PayeeBalance(self.available, self.available if next(self.numbers) % 3 == 0 else 0)

    def payout(self, *, amount: int, method: PayoutMethod, reference: str, key: str, **_rest: str) -> Move:
        moment, self.breaks = self.breaks, ""
        if moment == "before":
            raise NoClearAnswer("the line broke before")
        if key not in self.keys:
            self.keys[key] = self.take(amount, method, reference)
        if moment == "after":
            raise NoClearAnswer("the line broke after")
        return self.payouts[self.keys[key]]

    def take(self, amount: int, method: PayoutMethod, reference: str) -> str:
        if not self.is_open or (method == PayoutMethod.INSTANT and next(self.numbers) % 2):
            raise CallRefused("this bank account takes no such payout", "payouts_not_allowed")
        if amount % STEP or amount > self.available:
            raise CallRefused("this cannot be paid out", "balance_insufficient")
        self.available -= amount
        name = f"po_{new_id()}"
        self.payouts[name] = Move(name, MoveStatus.PENDING, amount, "HUF", reference=reference)
        return name

    def fetch_payout(self, _account: str, payout_id: str) -> Move:
        return self.payouts[payout_id]

    def find_payout(self, *, account: str, reference: str) -> Move | None:
        return next((move for move in self.payouts.values() if move.reference == reference), None)

    def finish(self, number: int, status: MoveStatus) -> None:
        """A bank takes a payout, or gives one back that is on its way or had arrived."""
        may_be = {MoveStatus.PENDING, *({MoveStatus.SUCCEEDED} if status == MoveStatus.FAILED else ())}
        open_ = [name for name, move in self.payouts.items() if move.status in may_be]
        if open_:
            name = open_[number % len(open_)]
            self.payouts[name] = replace(self.payouts[name], status=status, error="closed")
            self.available += self.payouts[name].amount if status == MoveStatus.FAILED else 0
            self.is_open = self.is_open and status != MoveStatus.FAILED
            self.unreported.append(name)

    def gone(self) -> int:
        return sum(move.amount for move in self.payouts.values() if move.status != MoveStatus.FAILED)


@dataclass
class Payee:
    """The same payee on our side."""

    world: World
    provider: Provider
    account: PayoutAccount
    time: time_machine.Traveller
    transferred: int = 0

    def act(self, name: str, number: int) -> None:
        getattr(self, name)(number)
        assert self.provider.gone() <= self.transferred

    def transfer(self, number: int) -> None:
        amount = number % 5_000 + 1
        Payout.objects.create(
            supplier=self.world.farm,
            destination=self.account.external_id,
            currency="HUF",
            gross=amount,
            amount=amount,
            state=Payout.State.PAID,
            paid_at=clock.now(),
        )
        self.transferred += amount
        self.provider.pending += amount

    def clear(self, _number: int = 0) -> None:
        self.provider.available += self.provider.pending
        self.provider.pending = 0

    def send(self, _number: int = 0) -> None:
        bank_payout_services.send_on()

    def arrive(self, number: int) -> None:
        self.provider.finish(number, MoveStatus.SUCCEEDED)

    def give_back(self, number: int) -> None:
        self.provider.finish(number, MoveStatus.FAILED)
        self.know_account()

    def take_out(self, number: int) -> None:
        """The payee pays themselves out on the provider's own page."""
        amount = number % 3_000 // STEP * STEP
        if self.provider.is_open and STEP <= amount <= self.provider.available:
            self.provider.unreported.append(self.provider.take(amount, PayoutMethod.STANDARD, "by hand"))

    def name_bank(self, _number: int = 0) -> None:
        self.provider.is_open = True
        self.know_account()
        bank_payout_services.send_anew(account_id=self.account.id)

    def know_account(self) -> None:
        state = PayoutAccount.State.ABLE if self.provider.is_open else PayoutAccount.State.RESTRICTED
        PayoutAccount.objects.filter(id=self.account.id).update(state=state)

    def wait(self, number: int = 48) -> None:
        self.time.shift(timedelta(hours=number % 72 + 1))

    def break_line(self, number: int) -> None:
        self.provider.breaks = ("before", "after")[number % 2]

    def report(self, _number: int = 0) -> None:
        """What happened to payouts is delivered, in any order and again."""
        for name in [*reversed(self.provider.unreported), *self.provider.unreported[:1]]:
            move = self.provider.payouts[name]
            row_id = row_of(BankPayout, move.id, move.reference)
            if row_id is None:
                bank_payout_services.record_foreign(
                    account_external_id=self.account.external_id or "", move=move
                )
            else:
                bank_payout_services.apply_bank_payout(bank_payout_id=row_id, move=move)
        self.provider.unreported = []


@pytest.mark.django_db
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 10_000)), max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_everything_is_in_the_bank_once_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch, actions: list[tuple[str, int]]
) -> None:
    # What the examples before left behind is not this provider's.
    PayoutAccount.objects.update(state=PayoutAccount.State.RESTRICTED)
    BankPayout.objects.filter(state__in=BankPayout.OPEN).update(state=BankPayout.State.FAILED)
    account = PayoutAccount.objects.create(
        owner_kind="supplier", owner_id=new_id(), country="HU", external_id=f"acct_{new_id()}", state="able"
    )
    provider = Provider()
    monkeypatch.setattr(bank_payout_services, "gateway", lambda: provider)
    with time_machine.travel(clock.now(), tick=False) as time:
        payee = Payee(world, provider, account, time)
        for name, number in actions:
            payee.act(name, number)
        payee.clear()
        provider.breaks = ""
        for _round in range(6):
            payee.name_bank()
            payee.report()
            payee.wait()
            payee.send()
            while any(move.status == MoveStatus.PENDING for move in provider.payouts.values()):
                payee.arrive(0)
        payee.report()
        assert 0 <= payee.transferred - provider.gone() < STEP
        rows = BankPayout.objects.filter(account=account)
        assert {*rows.filter(replaced_by=None).values_list("state", flat=True)} <= {"paid"}
        assert sum(rows.filter(state="paid").values_list("amount", flat=True)) == provider.gone()
        late = [row for row in bank_payout_selectors.overdue() if row.payee == account.external_id]
        assert sum(row.amount for row in late) < STEP
