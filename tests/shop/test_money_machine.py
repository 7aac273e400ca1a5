"""Refunds side by side and in any order: what everybody has, held against the ledger at every step."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payments.models import Payment, Refund
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.models import Payable
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.errors import BanyanError
from kernel.events import outbox
from kernel.ids import new_id
from kernel.tenancy import in_tenant
from tenants.agents.models import Earning
from tenants.shop.orders import services as tenants_order_services
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.models import OrderRefund
from tests.shop.test_commission_life import withdraw
from tests.support.books import drift
from tests.support.purchases import fill_cart, place
from tests.support.volume import volume
from tests.support.world import World

AMOUNTS = st.integers(1, 45_000)


class Orders(RuleBasedStateMachine):
    """Orders paid, sent, received, refunded, refused; commissions released, withdrawn, clawed back."""

    shop: World
    traveller: Any

    @initialize()
    def open(self) -> None:
        """Begin with nothing."""
        self.ids: list[UUID] = []
        self.withdrawn = 0
        self.failed: set[UUID] = set()

    @precondition(lambda self: len(self.ids) < 2)
    @rule(tea=st.integers(0, 3), lamp=st.integers(0, 2))
    def buy(self, tea: int, lamp: int) -> None:
        """Carol buys."""
        if not tea + lamp:
            return
        try:
            order = place(self.shop, fill_cart(self.shop, tea=tea, lamp=lamp))
        except BanyanError:
            return
        Payment.objects.filter(id=order.payment_id).update(state="succeeded", succeeded_at=clock.now())
        tenants_order_services.mark_paid(Payment.objects.get(id=order.payment_id))
        self.ids.append(order.id)

    def chosen(self, number: int) -> Order | None:
        return Order.objects.get(id=self.ids[number % len(self.ids)]) if self.ids else None

    @rule(
        number=st.integers(0, 9),
        how=st.sampled_from(["amount", "line", "part", "freight", "rest"]),
        amount=AMOUNTS,
        units=st.integers(1, 3),
        fails=st.sampled_from([False, False, True]),
    )
    def refund(self, number: int, how: str, amount: int, units: int, fails: bool) -> None:
        """Money goes back, or the gateway refuses it."""
        order = self.chosen(number)
        if order is None:
            return
        line = order.lines.all()[amount % order.lines.count()]
        what: dict[str, Any] = {
            "amount": {"amount": amount},
            "line": {"lines": {line.id: units}},
            "part": {"line_amounts": {line.id: amount}},
            "freight": {"freight": amount % 700 + 1},
            "rest": {},
        }[how]
        try:
            with transaction.atomic():
                row = refund_services.request_refund(
                    order_id=order.id, reason="", acting_user="test", idempotency_key=str(new_id()), **what
                )
        except BanyanError:
            return
        money = Refund.objects.filter(id=row.payment_refund_id).first()
        if money is None:
            return
        if fails:
            payment_refund_services.fail_refund(refund_id=money.id, error="no")
            self.failed.add(row.id)
        else:
            Refund.objects.filter(id=money.id).update(state="succeeded")
            refund_services.mark_refunded(money)
            refund_services.mark_refunded(money)

    @rule(number=st.integers(0, 9))
    def arrive(self, number: int) -> None:
        """The next part is sent and received."""
        order = self.chosen(number)
        part = SupplierOrder.objects.filter(order_id=order.id, state="to_ship").first() if order else None
        if part is not None:
            supplier_order_services.ship(
                supplier_order_id=part.id, carrier="SF", tracking_number=part.number, acting_user="test"
            )
            with transaction.atomic():
                supplier_order_services.receive(supplier_order_id=part.id, acting_user="test")
            self.relay()

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        """Days go by."""
        self.traveller.shift(timedelta(days=days))
        self.relay()

    @rule(amount=AMOUNTS)
    def take_out(self, amount: int) -> None:
        """Bob withdraws what his wallet has."""
        amount = min(amount, self.of_bob(AccountKind.COMMISSION_PAYABLE))
        if amount > 0:
            withdraw(self.shop, self.shop.bob, amount)
            self.withdrawn += amount

    def relay(self) -> None:
        while outbox.relay():
            pass

    def of_bob(self, kind: AccountKind) -> int:
        return ledger_selectors.balance(
            owner_kind="member",
            owner_id=self.shop.bob.pk,
            kind=kind,
            currency="CNY",
            tenant_id=self.shop.tenant.id,
        )

    @invariant()
    def everything_adds_up(self) -> None:
        """The ledger, the earnings, the payables and the orders say the same."""
        assert sum(ledger_selectors.sum_by_currency().values()) == 0
        assert drift() == []
        earnings = Earning.objects.filter(payee=self.shop.bob.pk)
        earned = sum(earning.left for earning in earnings)
        pending = sum(earning.left for earning in earnings if earning.state in {"pending", "holding"})
        assert self.of_bob(AccountKind.COMMISSION_PENDING) == pending
        wallet = self.of_bob(AccountKind.COMMISSION_PAYABLE)
        debt = -self.of_bob(AccountKind.CLAWBACK_RECEIVABLE)
        assert wallet >= 0
        assert debt >= 0
        assert wallet - debt == earned - pending - self.withdrawn
        margin = sum(earning.left for earning in Earning.objects.filter(kind="margin"))
        assert margin == sum(
            Entry.objects.filter(account__kind=AccountKind.TENANT_MARGIN).values_list("amount", flat=True)
        )
        owed = sum(row.left for row in Payable.objects.all())
        assert owed == sum(
            Entry.objects.filter(
                account__kind__in=[AccountKind.SUPPLIER_PAYABLE, AccountKind.SUPPLIER_RECEIVABLE]
            ).values_list("amount", flat=True)
        )
        held = sum(
            Entry.objects.filter(account__kind=AccountKind.PSP_CLEARING).values_list("amount", flat=True)
        )
        paid_in = 0
        for order in Order.objects.filter(id__in=self.ids):
            done = sum(row.amount for row in order.refunds.exclude(id__in=self.failed))
            assert order.refunded == done <= order.total
            assert (order.state == "refunded") == (done == order.total)
            paid_in += order.total - done
        assert -held == paid_in - self.withdrawn
        for line in OrderLine.objects.filter(order__in=self.ids):
            assert line.refunded <= line.paid


@pytest.mark.volume
@pytest.mark.parametrize("seed", [1])
def test_a_machine_of_refunds_and_commissions_agrees_with_the_books(shop: World, seed: int) -> None:
    class Played(Orders):
        def __init__(self) -> None:
            self.before = transaction.savepoint_create()
            self.clock = time_machine.travel(clock.now(), tick=False)
            self.shop, self.traveller = shop, self.clock.start()
            super().__init__()

        def teardown(self) -> None:
            self.clock.stop()
            transaction.savepoint_rollback(self.before)

    Played.TestCase.settings = settings(max_examples=volume(4, 12), stateful_step_count=15, deadline=None)
    Played.TestCase("runTest").runTest()  # type: ignore[attr-defined]


def test_eight_refunds_at_once_never_exceed_what_was_paid(
    own_database: str, world: World, committed_order: Order
) -> None:
    tenant, order_id = world.tenant, committed_order.id
    done: list[int] = []
    refused: list[str] = []

    def give_back(number: int) -> None:
        try:
            with in_tenant(tenant), transaction.atomic():
                row = refund_services.request_refund(
                    order_id=order_id,
                    reason="",
                    acting_user="test",
                    idempotency_key=str(number),
                    amount=9_000,
                )
                money = Refund.objects.get(id=row.payment_refund_id)
                refund_services.mark_refunded(money)
            done.append(row.amount)
        except BanyanError as error:
            refused.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=give_back, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with in_tenant(tenant):
        order = Order.objects.get(id=order_id)
        assert (len(done), len(refused)) == (3, 5)
        assert order.refunded == sum(OrderRefund.objects.values_list("amount", flat=True)) == 27_000
        assert Payment.objects.get(id=order.payment_id).refunded == 27_000
        assert sum(ledger_selectors.sum_by_currency().values()) == 0
        assert drift() == []
