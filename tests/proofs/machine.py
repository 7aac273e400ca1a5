"""Somebody who trades at random through the whole product, and the model of what everybody must have."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payments.gateway import DisputeStatus, WebhookEvent
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payments.webhooks import receive
from billing.payouts.models import Payout
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawals import services as withdrawal_services
from billing.watch import reconciliation
from billing.watch import sweeping as watch
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.errors import BanyanError
from kernel.events import inbox, outbox
from kernel.models import NO_ONE, Event
from kernel.tenancy import in_tenant
from tenants.registry.models import Tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart.access import CartOwner
from tenants.shop.cart.models import Cart, CartLine
from tenants.shop.orders import services as tenants_order_services
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.proofs.fake_gateway import DISPUTE_FEE, FakeGateway
from tests.support.build import ADDRESS

TROUBLE = 0.1
"""Every tenth call of the provider breaks, half of them after their effect."""
Basket = tuple[tuple[UUID, int], ...]


@dataclass
class Machine:
    """The shop under test, and the model: what was paid, order by order.

    What went back of it, by the shop, by a bank's decision or on the provider's own pages, stands in the
    provider's books. ``other_paid`` and ``other_back`` belong to no order.
    """

    seed: int
    tenant: Tenant
    people: list[User]
    baskets: list[Basket]
    provider: FakeGateway
    random: Random
    paid: dict[UUID, int] = field(default_factory=dict)
    prices: dict[tuple[Any, Basket], int] = field(default_factory=dict)
    other_paid: int = 0
    other_back: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    step: int = 0
    lock_orders: set[tuple[str, ...]] = field(default_factory=set)
    """For each transaction the tables of which it locked rows, in that order."""

    def run(self) -> None:
        """Do one thing, in any state of things; a refusal is an answer."""
        self.step += 1
        action = self.random.choices([*self.acts()], [*self.acts().values()])[0]
        try:
            action()
            self.tally[action.__name__] += 1
        except BanyanError:
            self.tally["refused"] += 1

    def acts(self) -> dict[Callable[[], None], int]:
        """Return what can be done, and how often among all."""
        return {
            self.buy: 15,
            self.refund: 15,
            self.ship: 26,
            self.receive: 18,
            self.withdraw: 14,
            self.hear: 10,
            self.sweep: 4,
        }

    def buy(self) -> None:
        """Somebody orders one or two things and pays."""
        buyer = self.random.choice(self.people)
        basket = self.random.choice(self.baskets)
        with in_tenant(self.tenant):
            owner = CartOwner(user_id=buyer.pk, device=None)
            # Shopping moves no money: the lines are put there, and a price that was told once is known.
            cart, _created = Cart.objects.get_or_create(user=buyer)
            CartLine.objects.filter(cart=cart).delete()
            CartLine.objects.bulk_create(
                CartLine(cart=cart, variant_id=variant, quantity=quantity) for variant, quantity in basket
            )
            if (buyer.pk, basket) not in self.prices:
                self.prices[buyer.pk, basket] = cart_selectors.quote(owner=owner, user=buyer).total
            total = self.prices[buyer.pk, basket]
            order = tenants_order_services.place_order(
                user=buyer,
                ship_to=ADDRESS,
                expected_total=total,
                idempotency_key=f"b{self.step}",
            )
            assert order.payment_id
            self.paid[order.id] = total
            self.pay(order.payment_id)

    def pay(self, payment_id: UUID) -> None:
        """Pay, and try again where the line breaks."""
        for _try in range(20):
            if sandbox_cards.confirm_with_test_card(payment_id=payment_id, card="success").succeeded_at:
                break

    def refund(self) -> None:
        """A part of an order goes back: any amount, sometimes more than is left, sometimes twice at once."""
        order_id = self._some_order()
        left = self.paid[order_id] - self.taken(order_id)
        amount = left if self.random.random() < 0.2 else self.random.randint(1, max(left, 1) + 50)
        for _again in range(self.random.randint(1, 2)):
            with in_tenant(self.tenant):
                refund_services.refund_order(
                    order_id=order_id,
                    reason="machine",
                    acting_user=self.people[0],
                    idempotency_key=f"r{self.step}",
                    amount=amount,
                )
        if self.is_known_here(order_id):
            assert 0 < amount <= left, "more than is left was clawed back"

    def ship(self) -> None:
        """A supplier sends something."""
        waiting = SupplierOrder.objects.filter(state=SupplierOrder.State.TO_SHIP).order_by("id")[:20]
        if waiting:
            part = self.random.choice(list(waiting))
            supplier_order_services.ship(
                supplier_order_id=part.id, carrier="SF", tracking_number=part.id.hex, acting_user="machine"
            )

    def receive(self) -> None:
        """A member has everything."""
        with in_tenant(self.tenant):
            sent = Order.objects.filter(state=Order.State.SHIPPED).order_by("id").values_list("id", flat=True)
            order_id = sent.first() or self._some_order()
            tenants_order_services.receive_order(order_id=order_id, acting_user=self.people[0])

    def withdraw(self) -> None:
        """A member takes something out of the wallet, sometimes more than there is."""
        member = self.random.choice(self.people)
        with in_tenant(self.tenant):
            withdrawal_services.request(
                tenant=self.tenant,
                owner_id=member.pk,
                currency="CNY",
                amount=self.random.randint(500, 8_000),
                acting_user=member,
                idempotency_key=f"w{self.step}",
            )

    def hear(self) -> None:
        """Events come: of anything that ever happened, late, twice and out of order."""
        known = [
            *(("payment_intent.succeeded", key) for key in self.provider.intents),
            *(("refund.updated", key) for key in self.provider.moves if key.startswith("re_")),
            *(("transfer.created", key) for key in self.provider.moves if key.startswith("tr_")),
        ]
        for topic, key in self.random.sample(known, min(5, len(known))):
            receive("stripe", WebhookEvent(f"evt_{self.random.randrange(10**9)}", topic, key))
        inbox.handle_waiting()

    def sweep(self) -> None:
        """The beat comes round: everything that waits is due."""
        now = clock.now()
        Payment.objects.filter(next_try_at__isnull=False).update(next_try_at=now)
        Refund.objects.update(next_try_at=now)
        Payout.objects.update(next_try_at=now)
        Event.objects.filter(queue="inbox", handled_at=None).update(available_at=now)
        Event.objects.filter(handled_at=None, attempts__gt=0).update(available_at=now)
        for act in (
            outbox.relay,
            payment_services.sweep_payments,
            payment_refund_services.sweep_refunds,
            transfer_services.pay_due,
        ):
            act()

    def agrees(self, *, whole: bool = False) -> None:
        """Let everything come to rest without trouble, then hold the product beside the model."""
        self.provider.trouble = 0
        # What nobody reported of is found among the provider's own lines.
        reconciliation.reconcile(grace=timedelta(days=1))
        for _round in range(3):
            self.sweep()
        self.provider.trouble = TROUBLE
        assert watch.sweep(whole=whole).differences == 0
        with in_tenant(self.tenant):
            shown = dict(Order.objects.exclude(paid_at=None).values_list("id", "refunded"))
        assert shown == {order: self.taken(order) for order in self.paid}
        self.agrees_at_the_provider()
        if whole:
            assert reconciliation.reconcile(grace=timedelta(seconds=-2)).differences == 0

    def agrees_at_the_provider(self) -> None:
        """Hold the provider's own lines beside the ledger and the model."""
        lines = self.provider.lines
        fees = Entry.objects.filter(account__kind=AccountKind.PSP_CLEARING, transfer__kind="psp.fee")
        booked = sum(fees.values_list("amount", flat=True))
        disputes = len(self.provider.disputes) * DISPUTE_FEE
        assert -self.held(AccountKind.PSP_CLEARING) == sum(line.amount for line in lines) - booked - disputes
        sums = Counter[str]()
        for line in lines:
            sums[line.type] += line.amount
        assert sums["charge"] == sum(self.paid.values()) + self.other_paid
        refunded = sum(self.provider.refunded(self.intent_of(order_id)) for order_id in self.paid)
        assert -sums["refund"] == refunded + self.other_back

    def taken(self, order_id: UUID) -> int:
        """Return what is off an order: refunds that went or can still go, and what banks hold or kept."""
        intent = self.intent_of(order_id)
        disputes = [row for row in self.provider.disputes_of(intent) if row.status != DisputeStatus.WON]
        waits = any(row.status != DisputeStatus.LOST for row in disputes) or not disputes
        own = [row for row in self.refunds_of(order_id) if row.state in Refund.OPEN]
        gone = self.provider.refunded(intent) + sum(row.amount for row in own if waits)
        return min(self.paid[order_id], gone + sum(row.amount for row in disputes))

    def intent_of(self, order_id: UUID) -> str:
        """Return what an order was paid with, by the provider's name."""
        return Payment.objects.get(purpose="order", reference_id=order_id).external_id or ""

    def refunds_of(self, order_id: UUID) -> list[Refund]:
        """Return what the product has of an order's refunds."""
        return list(Refund.objects.filter(payment__reference_id=order_id))

    def is_known_here(self, order_id: UUID) -> bool:
        """Say whether the product knows of all that the provider has sent back of an order."""
        here = [row for row in self.refunds_of(order_id) if row.state == Refund.State.SUCCEEDED]
        return sum(row.amount for row in here) == self.provider.refunded(self.intent_of(order_id))

    def held(self, kind: AccountKind, owner_kind: str = "platform", owner_id: UUID = NO_ONE) -> int:
        """Return what the ledger has on an account."""
        return ledger_selectors.balance(owner_kind=owner_kind, owner_id=owner_id, kind=kind, currency="CNY")

    def report(self, started: float) -> None:
        """Say how far it is, to whoever waits for a long run."""
        rate = self.step / (time.monotonic() - started)
        sys.stdout.write(f"seed {self.seed}: {self.step:,} operations, {rate:.0f}/s, {dict(self.tally)}\n")
        sys.stdout.flush()

    def _some_order(self) -> UUID:
        if not self.paid:
            raise BanyanError("nothing was bought yet")
        return self.random.choice([*self.paid][-50:])
