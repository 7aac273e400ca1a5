"""``kill -9`` at every commit of paying, refunding and paying out: nothing is lost, nothing is doubled."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from accounts.models import User
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import Payable, Payout
from billing.payouts.transfers import services as transfer_services
from billing.watch import reconciliation
from billing.watch import sweeping as watch
from catalog.models import Product, Stock
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.events import inbox, outbox
from kernel.ids import new_id
from kernel.models import Event
from kernel.tenancy import in_tenant
from tenants.agents.members import services as member_services
from tenants.registry.models import Tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.crash.boundaries import die_at
from tests.support.build import ADDRESS, make_user
from tests.support.sandbox import RunningSandbox
from tests.support.volume import volume
from tests.support.world import World

pytestmark = pytest.mark.volume
EVERY = volume(3, 1)
"""Which commits are died at: each, or the first of so many."""


@dataclass
class Story:
    """One person who buys, gets, and gives back; every step may be told again after a crash."""

    tenant: Tenant
    buyer: User
    product: Product
    key: str = field(default_factory=lambda: new_id().hex)

    def pay(self) -> None:
        """Order and pay; again: the same order, and nothing that is paid."""
        with in_tenant(self.tenant):
            if (order := self.order()) is None:
                owner = CartOwner(user_id=self.buyer.pk, device=None)
                if not cart_selectors.quote(owner=owner, user=self.buyer).lines:
                    variant = self.product.variants.get().pk
                    cart_services.add_to_cart(owner=owner, variant_id=variant, quantity=1)
                total = cart_selectors.quote(owner=owner, user=self.buyer).total
                order = order_services.place_order(
                    user=self.buyer,
                    ship_to=ADDRESS,
                    expected_total=total,
                    idempotency_key=self.key,
                )
            assert order.payment_id
            sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")

    def pay_out(self) -> None:
        """The supplier ships, and is paid the same day."""
        order = self.the_order()
        for part in SupplierOrder.objects.filter(order_id=order.id, state=SupplierOrder.State.TO_SHIP):
            supplier_order_services.ship(
                supplier_order_id=part.id, carrier="SF", tracking_number=part.id.hex, acting_user="test"
            )
        outbox.relay()
        transfer_services.pay_due()

    def refund(self) -> None:
        """Give all of it back."""
        order = self.the_order()
        with in_tenant(self.tenant):
            refund_services.refund_order(
                order_id=order.id, reason="broken", acting_user=self.buyer, idempotency_key="whole"
            )

    def order(self) -> Order | None:
        """The order, if it was written down."""
        with in_tenant(self.tenant):
            return Order.objects.filter(idempotency_key=f"shop:{self.key}").first()

    def the_order(self) -> Order:
        """The order that must be there by now."""
        order = self.order()
        assert order is not None
        return order


@dataclass
class Town:
    """A shop on a database of its own, and the payment service beside it."""

    tenant: Tenant
    product: Product
    sandbox: RunningSandbox

    def story(self) -> Story:
        """Somebody new."""
        with in_tenant(self.tenant):
            buyer = make_user(f"{new_id().hex}@example.test")
            member_services.ensure_member(user=buyer)
        return Story(self.tenant, buyer, self.product)

    def recover(self) -> None:
        """What the beat does within minutes, now: events arrive late and twice, sweepers go on."""
        now = clock.now()
        Payment.objects.filter(next_try_at__isnull=False).update(next_try_at=now)
        Refund.objects.update(next_try_at=now)
        Payout.objects.update(next_try_at=now)
        Event.objects.filter(queue="inbox", handled_at=None).update(available_at=now)
        Event.objects.filter(handled_at=None, attempts__gt=0).update(available_at=now)
        for _round in range(2):
            inbox.handle_waiting()
            payment_services.sweep_payments()
            payment_refund_services.sweep_refunds()
            outbox.relay()
            transfer_services.pay_due()

    def agrees(self) -> None:
        """Every invariant holds, and each line of the provider's balance is exactly one posting."""
        assert watch.sweep(whole=True).differences == 0
        assert reconciliation.reconcile(grace=timedelta(seconds=-2)).differences == 0


@pytest.fixture
def town(own_database: str, world: World, sandbox: RunningSandbox) -> Town:
    """The shop is open, its supplier has an account."""
    Stock.objects.update(available=10_000)
    payout_account_services.open_account(
        owner=payout_account_services.supplier_owner(world.farm), country="CN"
    )
    return Town(world.tenant, world.tea, sandbox)


def visit(town: Town, before: Callable[[Story], None], step: Callable[[Story], None]) -> int:
    """Die at the commits of ``step``, recover, tell it again; return how many deaths that took."""
    deaths = 0
    for moment in ("before", "after"):
        number = 1
        while True:
            story = town.story()
            before(story)
            died = die_at(number, moment, lambda story=story: step(story))  # type: ignore[misc]
            town.recover()
            step(story)
            town.recover()
            once(town, story)
            if not died:
                break
            deaths += 1
            number += EVERY
    town.agrees()
    return deaths


def once(town: Town, story: Story) -> None:
    """One order, one charge, at most one refund and one transfer a payable, and the states that follow."""
    order = story.the_order()
    assert order.payment_id
    payment = Payment.objects.get(id=order.payment_id)
    charges = [charge for charge in town.sandbox.store.all("charge", None) if _of(charge, payment)]
    assert [charge["amount"] for charge in charges if charge["paid"]] == [order.total]
    refunds_there = [
        row for row in town.sandbox.store.all("refund", None) if row["charge"] == payment.charge_id
    ]
    given_back = sum(row["amount"] for row in refunds_there)
    assert given_back == order.refunded == payment.refunded
    assert order.state in {Order.State.PAID, Order.State.SHIPPED, Order.State.REFUNDED}
    assert (order.state == Order.State.REFUNDED) == (given_back == order.total)
    paid = Payable.objects.filter(order_id=order.id, state=Payable.State.PAID)
    sent = [row for row in town.sandbox.store.all("transfer", None) if row["transfer_group"] == str(order.id)]
    assert sum(row["amount"] for row in sent) == sum(
        payable.payout.amount for payable in paid if payable.payout
    )


def _of(charge: dict[str, object], payment: Payment) -> bool:
    return charge["payment_intent"] == payment.external_id


def nothing(_story: Story) -> None:
    """The story begins here."""


def test_dying_while_paying(town: Town) -> None:
    assert visit(town, nothing, Story.pay) >= 8 // EVERY


def test_dying_while_paying_out(town: Town) -> None:
    assert visit(town, Story.pay, Story.pay_out) >= 8 // EVERY


def test_dying_while_refunding(town: Town) -> None:
    assert visit(town, Story.pay, Story.refund) >= 6 // EVERY
