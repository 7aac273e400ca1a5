"""A whole shop driven at random beside a plain model of it: both must say the same after every step.

The model is a handful of dicts and knows nothing of the product: who was brought by whom, what the two
versions of the rules pay, what was bought and given back.
"""

from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.ledger import selectors as ledger_selectors
from kernel.tenancy import connection, in_tenant
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.models import Sale
from tenants.registry import selectors as registry_selectors
from tenants.shop.orders.models import Order
from tests.agents.running.rules_shop import RulesShop, make_rules_shop
from tests.support.volume import volume

PEOPLE = ("ann", "bob", "cat", "dan", "eve")
PRICE, COST = 10_000, 4_000
KEEPER_AT = 30_000
# version number modulo 2 -> what sharer, keeper and second get of the goods paid, percent
RATES = {1: (8, 4, 2), 0: (10, 5, 3)}


def document(sharer: int, keeper: int, second: int) -> str:
    return f"""
name: Machine
roles:
  - {{id: keeper, name: Keeper, reach: {{metric: own_sales, at_least: {KEEPER_AT // 100}}}}}
earn:
  - {{id: share, kind: commission, payee: sharer, percent: {sharer}}}
  - {{id: keeper, kind: commission, payee: sharer, percent: {keeper}, when: {{payee_roles: [keeper]}}}}
  - {{id: second, kind: commission, payee: second, percent: {second}}}
limits: {{payout: {{percent: 100, of: margin}}}}
tax: {{commission: withheld_by_platform}}
"""


@dataclass
class Sold:
    """An order as the model remembers it: the rules and people of the moment at which it was placed."""

    order: Order
    buyer: str
    sharer: str
    second: str
    keeper: bool
    version: int
    paid: int
    is_paid: bool = False
    refunded: int = 0

    @property
    def promised(self) -> dict[str, int]:
        """What each line pays of the whole order."""
        sharer, keeper, second = RATES[self.version % 2]
        lines = {}
        if self.sharer:
            lines["share"] = self.paid * sharer // 100
            if self.keeper:
                lines["keeper"] = self.paid * keeper // 100
        if self.second:
            lines["second"] = self.paid * second // 100
        return lines


@dataclass
class Model:
    """What should be."""

    above: dict[str, str] = field(default_factory=dict)
    keepers: set[str] = field(default_factory=set)
    version: int = 1
    orders: list[Sold] = field(default_factory=list)

    def line_of(self, name: str) -> list[str]:
        """Everybody above, nearest first."""
        above = []
        while name := self.above.get(name, ""):
            above.append(name)
        return above

    def sold_by(self, name: str) -> int:
        """What the fans of ``name`` bought through them, net."""
        return sum(s.paid - s.refunded for s in self.orders if s.is_paid and s.sharer == name)


class Shop(RuleBasedStateMachine):
    """Joins, binds, buys, refunds, climbs and changes the rules."""

    shop: RulesShop
    model: Model
    before: str

    @initialize()
    def open(self) -> None:
        """A new shop for every run."""
        self.model = Model()
        self.before = transaction.savepoint_create()
        self.shop = make_rules_shop(document(*RATES[1]), price=PRICE, cost=COST)

    def teardown(self) -> None:
        """The shop is as if it had never been; its schema is free for the next run."""
        connection.set_schema_to_public()
        if hasattr(self, "before"):
            transaction.savepoint_rollback(self.before)
        registry_selectors.known_tenants.clear()
        cache.clear()

    @rule(fan=st.sampled_from(PEOPLE), by=st.sampled_from(PEOPLE))
    def bind(self, fan: str, by: str) -> None:
        """Opening a link binds who is free, and never closes a circle."""
        may = fan != by and fan not in self.model.above and fan not in self.model.line_of(by)
        self.shop.member(fan)
        self.shop.browser(fan).get(f"/?s={self.shop.member(by).referral_code}")
        if may:
            self.model.above[fan] = by

    @rule(name=st.sampled_from(PEOPLE), quantity=st.integers(1, 4))
    def place(self, name: str, quantity: int) -> None:
        """An order pins the people and the rules of now."""
        line = [*self.model.line_of(name), "", ""]
        self.model.orders.append(
            Sold(
                order=self.shop.place(name, quantity),
                buyer=name,
                sharer=line[0],
                second=line[1],
                keeper=line[0] in self.model.keepers,
                version=self.model.version,
                paid=PRICE * quantity,
            )
        )

    @precondition(lambda self: any(not sold.is_paid for sold in self.model.orders))
    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        """The order that reaches the threshold makes the role."""
        sold = data.draw(st.sampled_from([sold for sold in self.model.orders if not sold.is_paid]))
        sold.order = self.shop.pay(sold.order)
        sold.is_paid = True
        if sold.sharer and self.model.sold_by(sold.sharer) >= KEEPER_AT:
            self.model.keepers.add(sold.sharer)

    @precondition(lambda self: any(sold.is_paid and sold.refunded < sold.paid for sold in self.model.orders))
    @rule(data=st.data(), part=st.integers(1, 100))
    def refund(self, data: st.DataObject, part: int) -> None:
        """A part of an order, or what is left of it; who would be no keeper without it, is none."""
        open_ones = [sold for sold in self.model.orders if sold.is_paid and sold.refunded < sold.paid]
        sold = data.draw(st.sampled_from(open_ones))
        amount = max(1, (sold.paid - sold.refunded) * part // 100)
        self.shop.refund(sold.order, amount)
        sold.refunded += amount
        if self.model.sold_by(sold.sharer) < KEEPER_AT:
            self.model.keepers.discard(sold.sharer)

    @rule()
    def switch(self) -> None:
        """Other rules for the orders to come."""
        self.model.version += 1
        assert self.shop.switch_on(document(*RATES[self.model.version % 2])) == self.model.version

    @invariant()
    def people_are_where_they_should_be(self) -> None:
        """The tree and the roles."""
        if not hasattr(self, "model"):
            return
        names = {user.pk: name for name, user in self.shop.people.items()}
        for name in set(self.shop.people) & set(PEOPLE):
            member = self.shop.member(name)
            assert names.get(member.bound_to_id, "") == self.model.above.get(name, "")
            assert ("keeper" in member.roles) == (name in self.model.keepers)

    @invariant()
    def money_is_where_it_should_be(self) -> None:
        """Earnings as promised, sums to the cent, nothing left of what went back wholly."""
        if not hasattr(self, "model"):
            return
        with in_tenant(self.shop.tenant):
            for sold in self.model.orders:
                earnings = earning_selectors.earnings_of(sold.order.pk)
                if not sold.is_paid:
                    assert earnings == []
                    continue
                assert {s.earn_id: s.amount for s in earnings if s.kind != "margin"} == sold.promised
                left = sum(earning.amount - earning.clawed_back for earning in earnings)
                margin = sold.paid * (PRICE - COST) // PRICE
                assert sum(earning.amount for earning in earnings) == margin
                assert 0 <= left <= margin
                assert (left == 0) == (sold.refunded == sold.paid)
                assert all(0 <= earning.clawed_back <= earning.amount for earning in earnings)
                assert Sale.objects.get(pk=sold.order.pk).refunded == sold.refunded
        assert sum(ledger_selectors.sum_by_currency().values()) == 0


@pytest.mark.usefixtures("db")
@pytest.mark.volume
def test_a_shop_and_its_model_agree_whatever_happens() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Shop,
        settings=settings(
            max_examples=volume(2, 5),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
