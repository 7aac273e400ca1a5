"""A machine that trades at random and a model beside it that knows what everybody must have.

``make soak SEED=7 OPERATIONS=100000`` runs it longer; a failure names its seed, and the same seed and number
of operations tell the same story again.
"""

import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from billing.ledger import selectors as ledger
from billing.ledger.models import AccountKind
from billing.payments import inbox, sweeping
from billing.payments import services as payments
from billing.payments.gateway import News, forget_connections
from billing.payments.gateways import stripe
from billing.payments.models import InboxEvent, Payment, Refund
from billing.payouts import accounts, withdrawals
from billing.payouts import services as payouts
from billing.payouts.accounts import Owner
from billing.payouts.models import Payout, PayoutAccount
from billing.watch import reconciliation
from billing.watch import sweeping as watch
from catalog.models import Product, Stock
from fulfilment import services as fulfilment
from fulfilment.models import SupplierOrder
from kernel import clock, outbox
from kernel.errors import BanyanError
from kernel.models import NO_ONE, OutboxEvent
from kernel.tenancy import in_tenant
from tenants.agents import activation
from tenants.agents import services as agents
from tenants.agents.activation import SignOff
from tenants.registry.models import Tenant
from tenants.shop import checkout, orders, refunds, selectors, services
from tenants.shop.access import CartOwner
from tenants.shop.models import Order
from tests.build import make_product, make_supplier, make_tenant, make_user
from tests.proofs.fake_gateway import FakeGateway
from tests.shop.conftest import RULES

SEED, OPERATIONS = int(os.environ.get("SEED", "1")), int(os.environ.get("OPERATIONS", "250"))
CHECK_EVERY, TROUBLE = 100, 0.1
ADDRESS = {"name": "王小满", "phone": "13800138000", "region": "上海市", "address": "漕溪北路 1200 号"}


@dataclass
class Machine:
    """The shop under test, and the model: what was paid and given back, order by order."""

    tenant: Tenant
    people: list[User]
    products: list[Product]
    provider: FakeGateway
    random: Random
    paid: dict[UUID, int] = field(default_factory=dict)
    given_back: Counter[UUID] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    step: int = 0

    def run(self) -> None:
        """Do one thing, in any state of things; a refusal is an answer."""
        self.step += 1
        wanted = self.random.choices(
            [self.buy, self.refund, self.ship, self.receive, self.withdraw, self.hear, self.sweep],
            [30, 12, 25, 20, 12, 10, 8],
        )[0]
        try:
            wanted()
            self.tally[wanted.__name__] += 1
        except BanyanError:
            self.tally["refused"] += 1

    def buy(self) -> None:
        """Somebody orders one or two things and pays."""
        buyer = self.random.choice(self.people)
        with in_tenant(self.tenant):
            owner = CartOwner(user_id=buyer.pk, device=None)
            for product in self.random.sample(self.products, self.random.randint(1, 2)):
                variant = product.variants.get().pk
                services.add_to_cart(owner=owner, variant_id=variant, quantity=self.random.randint(1, 3))
            total = selectors.quote(owner=owner, user=buyer).total
            order = checkout.place_order(
                owner=owner,
                user=buyer,
                ship_to=ADDRESS,
                expected_total=total,
                idempotency_key=f"{SEED}-{self.step}",
            )
            assert order.payment_id
            self.paid[order.id] = total
            for _try in range(20):
                if payments.confirm_with_test_card(payment_id=order.payment_id, card="success").succeeded_at:
                    break

    def refund(self) -> None:
        """A part of an order goes back: any amount, sometimes more than is left, sometimes twice at once."""
        order_id = self._some_order()
        left = self.paid[order_id] - self.given_back[order_id]
        amount = left if self.random.random() < 0.2 else self.random.randint(1, max(left, 1) + 50)
        for _again in range(self.random.randint(1, 2)):
            with in_tenant(self.tenant):
                refunds.refund(
                    order_id=order_id,
                    reason="machine",
                    acting_user=self.people[0],
                    idempotency_key=f"r{self.step}",
                    amount=amount,
                )
        assert 0 < amount <= left, "more than is left was taken back"
        self.given_back[order_id] += amount

    def ship(self) -> None:
        """A supplier sends something."""
        waiting = SupplierOrder.objects.filter(state=SupplierOrder.State.TO_SHIP).order_by("id")[:20]
        if waiting:
            part = self.random.choice(list(waiting))
            fulfilment.ship(
                supplier_order_id=part.id, carrier="SF", tracking_number=part.id.hex, acting_user="machine"
            )

    def receive(self) -> None:
        """A member has everything."""
        with in_tenant(self.tenant):
            sent = Order.objects.filter(state=Order.State.SHIPPED).order_by("id").values_list("id", flat=True)
            order_id = sent.first() or self._some_order()
            orders.receive_order(order_id=order_id, acting_user=self.people[0])

    def withdraw(self) -> None:
        """A member takes something out of the wallet, sometimes more than there is."""
        member = self.random.choice(self.people)
        with in_tenant(self.tenant):
            withdrawals.request(
                tenant=self.tenant,
                owner_id=member.pk,
                currency="CNY",
                amount=self.random.randint(500, 8_000),
                acting_user=member,
                idempotency_key=f"w{self.step}",
            )

    def hear(self) -> None:
        """News come: of anything that ever happened, late, twice and out of order."""
        known = [
            *(("payment_intent.succeeded", key) for key in self.provider.intents),
            *(("refund.updated", key) for key in self.provider.moves if key.startswith("re_")),
            *(("transfer.created", key) for key in self.provider.moves if key.startswith("tr_")),
        ]
        for topic, key in self.random.sample(known, min(5, len(known))):
            inbox.take_in("stripe", News(f"evt_{self.random.randrange(10**9)}", topic, key))
        inbox.handle_waiting()

    def sweep(self) -> None:
        """The beat comes round: everything that waits is due."""
        now = clock.now()
        Payment.objects.filter(next_check_at__isnull=False).update(next_check_at=now)
        Refund.objects.update(next_try_at=now)
        Payout.objects.update(next_try_at=now)
        InboxEvent.objects.filter(handled_at=None).update(available_at=now)
        OutboxEvent.objects.filter(handled_at=None, attempts__gt=0).update(available_at=now)
        for act in (outbox.relay, sweeping.sweep_payments, sweeping.sweep_refunds, payouts.pay_due):
            act()

    def agrees(self, *, whole: bool = False) -> None:
        """Let everything come to rest without trouble, then hold the product beside the model."""
        self.provider.trouble = 0
        for _round in range(3):
            self.sweep()
        self.provider.trouble = TROUBLE
        assert watch.sweep(whole=whole).differences == 0
        with in_tenant(self.tenant):
            shown = dict(Order.objects.exclude(paid_at=None).values_list("id", "refunded"))
        assert shown == {order: self.given_back[order] for order in self.paid}
        clearing = ledger.balance(
            owner_kind="platform", owner_id=NO_ONE, kind=AccountKind.PSP_CLEARING, currency="CNY"
        )
        booked = -ledger.balance(
            owner_kind="platform", owner_id=NO_ONE, kind=AccountKind.PSP_FEE, currency="CNY"
        )
        assert -clearing - sum(line.amount for line in self.provider.lines) == -booked
        assert sum(line.amount for line in self.provider.lines if line.type == "charge") == sum(
            self.paid.values()
        )
        assert -sum(line.amount for line in self.provider.lines if line.type == "refund") == sum(
            self.given_back.values()
        )
        if whole:
            assert reconciliation.reconcile(grace=timedelta(seconds=-2)).differences == 0

    def _some_order(self) -> UUID:
        if not self.paid:
            raise BanyanError("nothing was bought yet")
        return self.random.choice([*self.paid][-50:])


@pytest.fixture
def machine(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A shop with two suppliers and four people in a line; the provider is the one in memory."""
    provider = FakeGateway(SEED, 0)
    monkeypatch.setattr(stripe, "connect", lambda: provider)
    forget_connections()
    suppliers = [make_supplier("farm"), make_supplier("forge", freight=900)]
    products = [
        make_product(suppliers[number % 2], price=10_000 + 777 * number, cost=5_001 + 333 * number)
        for number in range(4)
    ]
    Stock.objects.update(available=10**9)
    tenant = make_tenant()
    for supplier in suppliers:
        accounts.open_account(owner=accounts.supplier_owner(supplier))
    with in_tenant(tenant):
        rules = RULES.replace("hold_days: 7", "hold_days: 0")
        activation.activate_rules(document=rules, acting_user=None, sign_off=SignOff("Dana", "a test"))
        people = [make_user(f"{number}@example.test") for number in range(4)]
        members = [agents.ensure_member(user=person) for person in people]
        for above, below in pairwise(members):
            agents.bind(member=below, code=above.share_code, how="link")
    for person in people:
        owner = Owner(PayoutAccount.OwnerKind.MEMBER, person.pk, tenant.id, "CNY", person.email)
        accounts.open_account(owner=owner)
    provider.trouble = TROUBLE
    yield Machine(tenant, people, products, provider, Random(SEED))
    forget_connections()


def test_the_machine_and_the_model_agree(machine: Machine) -> None:
    started = time.monotonic()
    for number in range(1, OPERATIONS + 1):
        machine.run()
        if number % CHECK_EVERY == 0:
            machine.agrees(whole=number % 5000 == 0)
        if number % 1000 == 0:
            rate = number / (time.monotonic() - started)
            sys.stdout.write(f"seed {SEED}: {number:,} operations, {rate:.0f}/s, {dict(machine.tally)}\n")
            sys.stdout.flush()
    machine.agrees(whole=True)
    assert machine.tally["buy"] > OPERATIONS / 10
    never = {"refund", "ship", "receive", "withdraw", "hear", "sweep", "refused"} - set(machine.tally)
    assert not never, "a seed that leaves something out proves nothing about it"
