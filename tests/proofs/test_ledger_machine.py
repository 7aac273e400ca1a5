"""A machine that moves money at random through the real ledger, for the sheer number of operations.

No catalogue, cart or HTTP: orders are split by the rules engine, refunds planned and tax withheld by the
shop's own code, and what that says is posted through the ledger's function and triggers. Beside it a model
knows every balance. What the whole product does with it is ``test_machine``'s matter.
"""

import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from random import Random
from uuid import UUID

import pytest
from django.db import connection, transaction

from billing.ledger import selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import GUARDED, AccountKind
from billing.ledger.services import Leg
from billing.payouts.withdrawals import tax
from kernel.errors import Conflict, InsufficientBalance
from kernel.ids import new_id
from kernel.models import NO_ONE
from tenants.agents.rules import presets
from tenants.agents.rules.splitting.portions import fee_portions, portions
from tenants.agents.rules.splitting.split import split_order
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.refunds.plan import FIXED, LineAmounts, Refundable, make_plan
from tests.agents.sales import chain, line, order, person
from tests.support.books import drift
from tests.support.volume import volume

pytestmark = pytest.mark.volume
SEED = int(os.environ.get("SEED", "1"))
LANES = volume(1, 2)
"""Machines side by side, each with a database and numbers of its own: as many as there are cores."""
OPERATIONS = int(os.environ.get("OPERATIONS", volume(4_000, 80_000))) // LANES
MINUTES = float(os.environ.get("MINUTES", "inf"))
AT_ONCE, REPORT_EVERY, CHECK_EVERY, REMEMBERED = 200, 10_000, 100_000, 200
K = AccountKind
Place = tuple[str, UUID, AccountKind]


@dataclass
class Sold:
    """An order: what can still go back, whom each earning belongs to, and whether it was released."""

    left: Refundable
    payees: list[Place]
    clearing: Place
    is_released: bool = False
    is_disputed: bool = False


@dataclass
class LedgerMachine:
    """The ledger, and the model: what is on each account."""

    name: str
    random: Random
    tenant: UUID = field(default_factory=new_id)
    model: Counter[Place] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    sold: list[Sold] = field(default_factory=list)
    in_flight: list[tuple[UUID, int, int]] = field(default_factory=list)
    years: dict[UUID, tax.Year] = field(default_factory=dict)
    step: int = 0

    def __post_init__(self) -> None:
        names = ("a", "b", "star", "l", "co", "buyer")
        self.members = {name: new_id() for name in names}
        self.suppliers = [new_id() for _number in range(3)]
        self.plans = [presets.rules(name) for name in presets.names()]
        self.clearing: Place = ("platform", NO_ONE, K.PSP_CLEARING)
        self.around = chain(
            person("a", "promoter", "keeper", "shopkeeper"),
            person("b", "manager", "promoter", "director"),
            person("co", "provider", company=True),
        )._replace(streamer=person("star", "star", "leader"), leader=person("l", "leader"))

    def run(self) -> None:
        """Do one thing."""
        self.step += 1
        acts = [self.pay, self.refund, self.release, self.withdraw, self.bank, self.deposit, self.prepaid]
        act = self.random.choices([*acts, self.dispute, self.pay_supplier], [22, 24, 14, 10, 8, 6, 6, 4, 6])[
            0
        ]
        act()
        self.tally[act.__name__] += 1

    def move(self, kind: str, moves: dict[Place, int]) -> bool:
        """Post it, sometimes twice or as something else; it is refused exactly where the model says."""
        moves = {place: amount for place, amount in moves.items() if amount}
        if not moves:
            return False
        post = partial(
            ledger_services.post, tenant_id=self.tenant, kind=kind, idempotency_key=f"{kind}{self.step}"
        )
        legs = [Leg(*place, "CNY", amount) for place, amount in moves.items()]
        short = [self.model[place] + n for place, n in moves.items() if place[2] in GUARDED and n < 0]
        if min(short, default=0) < 0:
            with pytest.raises(InsufficientBalance), transaction.atomic():
                post(legs=legs)
            self.tally["overdrawn"] += 1
            return False
        assert not post(legs=legs).replayed
        self.model.update(moves)
        luck = self.random.random()
        if luck < 0.05:
            assert post(legs=legs[::-1]).replayed
            self.tally["again"] += 1
        elif luck < 0.08:
            with pytest.raises(Conflict):
                post(legs=[Leg(*place, "CNY", -amount) for place, amount in moves.items()])
            self.tally["conflict"] += 1
        return True

    def pay(self) -> None:
        """An order of two suppliers is paid and split; what a supplier owes is netted."""
        prices = [self.random.randrange(1_000, 50_000) for _line in range(2)]
        costs = [price * self.random.randrange(20, 90) // 100 for price in prices]
        fee = sum(prices) // 100
        goods = (line(p, c, name=str(n)) for n, (p, c) in enumerate(zip(prices, costs, strict=True)))
        sale, rules = order(*goods, fee=fee), self.random.choice(self.plans)
        split = split_order(sale, self.around, rules)
        columns = [costs, fee_portions(fee, prices), *portions(sale, split, rules)]
        parent, suppliers = Order(), self.random.sample(self.suppliers, 2)
        parts = tuple(
            LineAmounts(OrderLine(id=new_id(), order=parent, supplier_id=supplier), 3, tuple(row))
            for supplier, row in zip(suppliers, zip(*columns, strict=True), strict=True)
        )
        payees: list[Place] = [
            ("member", self.members[earning.payee_id], K.COMMISSION_PENDING)
            if earning.payee_id
            else ("tenant", self.tenant, K.TENANT_MARGIN)
            for earning in split.earnings
        ]
        moves = Counter({self.clearing: -sum(prices), ("platform", NO_ONE, K.PLATFORM_FEE): fee})
        for payee, earning in zip(payees, split.earnings, strict=True):
            moves[payee] += earning.amount
        for supplier, cost in zip(suppliers, costs, strict=True):
            netted = min(cost, -self.model["supplier", supplier, K.SUPPLIER_RECEIVABLE])
            moves["supplier", supplier, K.SUPPLIER_RECEIVABLE] += netted
            moves["supplier", supplier, K.SUPPLIER_PAYABLE] += cost - netted
        assert self.move("pay", moves)
        self.sold = [*self.sold[-REMEMBERED:], Sold(Refundable(parts, {}), payees, self.clearing)]

    def refund(self) -> None:
        """Some of an order goes back: by amount, by line, or all that is left."""
        if not self.sold:
            return
        sold = self.random.choice(self.sold)
        if sold.is_disputed or not sold.left.amount:
            return
        self._give_back(sold, self.clearing, self.random.choice(["amount", "line", "rest"]))

    def _give_back(self, sold: Sold, payer: Place, how: str) -> None:
        left, some = sold.left, [part for part in sold.left.lines if part.quantity and part.amount]
        if how == "amount":
            plan = make_plan(left, currency="CNY", amount=self.random.randint(1, left.amount))
        elif how == "line" and some:
            part = self.random.choice(some)
            units = self.random.randint(1, part.quantity)
            plan = make_plan(left, currency="CNY", lines={part.line.id: units})
        else:
            plan = make_plan(left, currency="CNY")
        moves: Counter[Place] = Counter({payer: plan.amount, ("platform", NO_ONE, K.PLATFORM_FEE): -plan.fee})
        for supplier, amount in plan.suppliers.items():
            self._take(moves, ("supplier", supplier, K.SUPPLIER_PAYABLE), K.SUPPLIER_RECEIVABLE, amount)
        for payee, amount in zip(sold.payees, plan.earnings, strict=True):
            if payee[2] == K.COMMISSION_PENDING and sold.is_released:
                self._take(moves, (payee[0], payee[1], K.COMMISSION_PAYABLE), K.CLAWBACK_RECEIVABLE, amount)
            else:
                moves[payee] -= amount
        if self.move("refund", moves) or not plan.amount:
            gone = {part.line.id: part for part in plan.lines}
            sold.left = Refundable(tuple(_rest(part, gone.get(part.line.id)) for part in left.lines), {})
        else:
            raise AssertionError("a planned refund was refused")

    def _take(self, moves: Counter[Place], place: Place, debt: AccountKind, amount: int) -> None:
        """Take what is there, and owe the rest."""
        amount_back = max(0, min(amount, self.model[place] + moves[place]))
        moves[place] -= amount_back
        moves[place[0], place[1], debt] -= amount - amount_back

    def release(self) -> None:
        """What members earned becomes theirs, less what they owe."""
        waiting = [sold for sold in self.sold if not sold.is_released]
        if not waiting:
            return
        sold = self.random.choice(waiting)
        moves: Counter[Place] = Counter()
        for number, (kind, owner, account) in enumerate(sold.payees):
            if account != K.COMMISSION_PENDING:
                continue
            left = sum(part.parts[FIXED + number] for part in sold.left.lines)
            debt = (kind, owner, K.CLAWBACK_RECEIVABLE)
            netted = max(0, min(left, -self.model[debt] - moves[debt]))
            moves[kind, owner, account] -= left
            moves[debt] += netted
            moves[kind, owner, K.COMMISSION_PAYABLE] += left - netted
        self.move("release", moves)
        sold.is_released = True

    def withdraw(self) -> None:
        """A member takes something out, sometimes more than there is, less tax."""
        member = self.random.choice([*self.members.values()])
        amount = self.random.randint(1, max(self.model["member", member, K.COMMISSION_PAYABLE] * 5 // 4, 100))
        year = self.years.get(member, tax.Year())
        withheld = tax.withhold(year, amount=amount, month=1 + self.step // 10_000 % 12)
        moves = {
            ("member", member, K.COMMISSION_PAYABLE): -amount,
            ("member", member, K.WITHDRAWAL_IN_FLIGHT): amount - withheld.tax,
            ("member", member, K.TAX_WITHHELD): withheld.tax,
        }
        if self.move("withdraw", moves):
            self.in_flight.append((member, amount - withheld.tax, withheld.tax))

    def bank(self) -> None:
        """A withdrawal arrives, or comes back with its tax."""
        if not self.in_flight:
            return
        member, net, withheld = self.in_flight.pop(self.random.randrange(len(self.in_flight)))
        flight = ("member", member, K.WITHDRAWAL_IN_FLIGHT)
        if self.random.random() < 0.7:
            self.move("sent", {flight: -net, self.clearing: net})
            year = self.years.get(member, tax.Year())
            self.years[member] = tax.Year(year.income + net + withheld, year.withheld + withheld, year.months)
        else:
            back = {flight: -net, ("member", member, K.TAX_WITHHELD): -withheld}
            self.move("failed", {**back, ("member", member, K.COMMISSION_PAYABLE): net + withheld})

    def deposit(self) -> None:
        """A deposit is paid, returned or lost; sometimes more than was paid."""
        member = self.random.choice([*self.members.values()])
        amount = self.random.randint(1, 50_000)
        other = self.random.choice([self.clearing, self.clearing, ("tenant", self.tenant, K.TENANT_MARGIN)])
        paid_in = other == self.clearing and self.random.random() < 0.6
        signed = amount if paid_in else -amount
        self.move("deposit", {("member", member, K.DEPOSIT_LIABILITY): signed, other: -signed})

    def prepaid(self) -> None:
        """A shop tops up what its partners' orders are paid from, or gets it back."""
        amount = self.random.randint(1, 90_000) * self.random.choice([1, 1, -1])
        self.move("prepaid", {("tenant", self.tenant, K.TENANT_PREPAID): amount, self.clearing: -amount})

    def dispute(self) -> None:
        """The bank takes the money of an order; later it is won or lost."""
        disputed: Place = ("platform", NO_ONE, K.DISPUTED)
        if not self.sold:
            return
        sold = self.random.choice(self.sold)
        if not sold.left.amount:
            return
        if not sold.is_disputed:
            self.move("disputed", {disputed: -sold.left.amount, self.clearing: sold.left.amount})
            sold.is_disputed = True
            return
        sold.is_disputed = False
        if self.random.random() < 0.5:
            self.move("won", {disputed: sold.left.amount, self.clearing: -sold.left.amount})
        else:
            self._give_back(sold, disputed, "rest")

    def pay_supplier(self) -> None:
        """All that is owed to a supplier is sent, sometimes a cent too much."""
        place: Place = ("supplier", self.random.choice(self.suppliers), K.SUPPLIER_PAYABLE)
        amount = self.model[place] + (self.random.random() < 0.1)
        self.move("payout", {place: -amount, self.clearing: amount})

    def agrees(self) -> None:
        """Hold the ledger beside the model."""
        assert set(selectors.sum_by_currency().values()) <= {0}
        assert drift() == []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.owner_kind, a.owner_id, a.kind, sum(e.amount)::bigint FROM ledger_entry e"
                " JOIN ledger_account a ON a.id = e.account_id GROUP BY 1, 2, 3 HAVING sum(e.amount) <> 0"
            )
            shown = {(kind, owner, account): amount for kind, owner, account, amount in cursor.fetchall()}
        assert shown == {place: amount for place, amount in self.model.items() if amount}
        assert all(amount >= 0 for place, amount in self.model.items() if place[2] in GUARDED)

    def report(self, started: float) -> None:
        """Say how far it is, to whoever waits for a long run."""
        rate = self.step / (time.monotonic() - started)
        sys.stderr.write(
            f"machine {self.name}: {self.step:,} of {OPERATIONS:,}, {rate:.0f}/s, {dict(self.tally)}\n"
        )


def _rest(part: LineAmounts, gone: LineAmounts | None) -> LineAmounts:
    if gone is None:
        return part
    parts = tuple(had - back for had, back in zip(part.parts, gone.parts, strict=True))
    return LineAmounts(part.line, part.quantity - gone.quantity, parts)


@pytest.mark.parametrize("lane", range(LANES))
def test_the_ledger_and_the_model_agree(own_database: str, lane: int) -> None:
    name = f"{SEED}.{lane}"
    machine, started = LedgerMachine(name, Random(name)), time.monotonic()
    while machine.step < OPERATIONS and time.monotonic() - started < MINUTES * 60:
        with transaction.atomic(durable=True):
            for _operation in range(min(AT_ONCE, OPERATIONS - machine.step)):
                machine.run()
        if machine.step % CHECK_EVERY == 0:
            machine.agrees()
        if machine.step % REPORT_EVERY == 0:
            machine.report(started)
    machine.agrees()
    machine.report(started)
    assert {"overdrawn", "again", "conflict", "dispute", "bank", "pay_supplier"} <= set(machine.tally)
