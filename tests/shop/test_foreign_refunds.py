"""Refunds made on the provider's own pages: booked once, spread as the shop's own, and nobody else stops."""

from datetime import timedelta

import pytest
import requests
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind, Entry
from billing.ledger.services import Leg
from billing.payments.disputes import services as dispute_services
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.refunds import services as payment_refund_services
from billing.payments.topups import services as topup_services
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.models import Payable
from billing.watch import reconciliation, sweeping
from billing.watch.models import Sweep
from kernel.events import inbox
from kernel.models import NO_ONE, Event
from kernel.tenancy import in_public
from tenants.agents.models import Earning
from tenants.shop.money_map import map_of
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.models import OrderRefund
from tests.support.books import drift
from tests.support.purchases import fill_cart, pay, place
from tests.support.sandbox import SECRET_KEY, RunningSandbox
from tests.support.volume import volume
from tests.support.world import World


@pytest.fixture
def bought(shop: World, sandbox: RunningSandbox) -> Order:
    """A tea and a lamp for 330.00, paid."""
    return pay(place(shop, fill_cart(shop)))


def refund_elsewhere(sandbox: RunningSandbox, payment: Payment, amount: int) -> int:
    """Press "Refund" on the provider's own pages; return the status answered."""
    form = {"payment_intent": payment.external_id or "", "amount": str(amount)}
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    return requests.post(f"{sandbox.url}/v1/refunds", data=form, headers=headers, timeout=60).status_code


def hear(sandbox: RunningSandbox, topic: str = "refund.") -> None:
    with in_public():
        sandbox.deliver_all(topic)
        inbox.handle_waiting()
    assert not Event.objects.filter(queue="inbox", handled_at=None).exists()


def look() -> Sweep:
    """Hold the provider's lines beside the books, as if an hour had gone by."""
    with in_public():
        return reconciliation.reconcile(grace=timedelta(seconds=-2))


def on(kind: AccountKind) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount", flat=True))


def payment_of(order: Order) -> Payment:
    return Payment.objects.get(id=order.payment_id)


@pytest.mark.parametrize("is_reported", [True, False])
def test_it_is_booked_once_and_spread_by_the_order(
    shop: World, bought: Order, sandbox: RunningSandbox, is_reported: bool
) -> None:
    """Reported by webhook, or only found among the provider's lines: the books are the same."""
    assert refund_elsewhere(sandbox, payment_of(bought), 16_500) == 200
    if is_reported:
        hear(sandbox)
        hear(sandbox)
    assert look().differences == 0
    assert not halt_selectors.active().exists(), "nobody is stopped"
    hear(sandbox)
    row = bought.refunds.get()
    assert (row.state, row.cause, row.amount) == (OrderRefund.State.DONE, "foreign", 16_500)
    money = Refund.objects.get()
    assert (money.state, money.is_foreign, money.amount) == ("succeeded", True, 16_500)
    bought.refresh_from_db()
    assert (bought.state, bought.refunded, payment_of(bought).refunded) == (Order.State.PAID, 16_500, 16_500)
    assert (on(AccountKind.PSP_CLEARING), on(AccountKind.FOREIGN_REFUND)) == (-16_500 + on_fees(), 0)
    whole = {earning.earn_id: earning for earning in Earning.objects.filter(payee__isnull=False)}
    assert all(abs(earning.amount - 2 * earning.clawed_back) <= 2 for earning in whole.values()), (
        "half of each"
    )
    assert sum(part.back for part in map_of(bought)[1]) == 16_500, "the money map shows it"
    with in_public():
        assert sweeping.sweep(whole=True).differences == 0
    assert drift() == []


def on_fees() -> int:
    """What reconciliation has booked of the provider's fees."""
    return -on(AccountKind.PSP_FEE)


def test_the_rest_can_be_refunded_here_afterwards(
    shop: World, bought: Order, sandbox: RunningSandbox
) -> None:
    refund_elsewhere(sandbox, payment_of(bought), 10_000)
    hear(sandbox)
    row = refund_services.refund_order(
        order_id=bought.id, reason="rest", acting_user="test", idempotency_key="rest"
    )
    assert (row.state, row.amount) == (OrderRefund.State.DONE, 23_000)
    bought.refresh_from_db()
    assert bought.state == Order.State.REFUNDED
    assert {payable.state for payable in Payable.objects.all()} == {"cancelled"}
    assert look().differences == 0


def test_it_takes_what_ours_was_going_to(shop: World, bought: Order, sandbox: RunningSandbox) -> None:
    """Ours over everything is requested, somebody gives a part back elsewhere: ours is refused, once."""
    with transaction.atomic():
        ours = refund_services.request_refund(
            order_id=bought.id, reason="", acting_user="test", idempotency_key="all"
        )
    refund_elsewhere(sandbox, payment_of(bought), 3_000)
    hear(sandbox)
    ours.refresh_from_db()
    bought.refresh_from_db()
    assert (ours.state, bought.refunded, payment_of(bought).refunded) == ("failed", 3_000, 3_000)
    again = refund_services.refund_order(
        order_id=bought.id, reason="", acting_user="test", idempotency_key="all"
    )
    assert (again.state, again.amount) == ("done", 30_000)
    assert look().differences == 0


@pytest.mark.slow
def test_a_refund_that_has_not_left_waits_for_the_bank(
    shop: World, bought: Order, sandbox: RunningSandbox
) -> None:
    """Refund, then a dispute before it leaves, lost: taken from everybody, not from the shop alone."""
    with transaction.atomic():
        ours = refund_services.request_refund(
            order_id=bought.id, reason="", acting_user="test", idempotency_key="all"
        )
    margin = on(AccountKind.TENANT_MARGIN)
    assert sandbox.control(f"charges/{payment_of(bought).charge_id}/dispute") < 400
    hear(sandbox, "charge.dispute.")
    assert ours.payment_refund_id
    waiting = payment_refund_services.send_refund(refund_id=ours.payment_refund_id)
    assert (waiting.state, waiting.last_error[:15]) == ("requested", "charge_disputed")
    dispute = payment_of(bought).disputes.get()
    dispute_services.accept(dispute_id=dispute.id, reason="they are right", acting_user=shop.alice)
    hear(sandbox, "charge.dispute.")
    dispute.refresh_from_db()
    assert dispute.taken_back_at is None, "whether the refund went is not known yet"
    with in_public():
        payment_refund_services.sweep_refunds()
    bought.refresh_from_db()
    assert (bought.state, bought.refunded) == (Order.State.REFUNDED, 33_000)
    assert {payable.state for payable in Payable.objects.all()} == {"cancelled"}, "no supplier is paid"
    assert {earning.state for earning in Earning.objects.all()} == {"reversed"}
    assert (on(AccountKind.DISPUTED), margin + on(AccountKind.TENANT_MARGIN)) == (0, margin - dispute.fee)
    assert sorted(row.cause for row in bought.refunds.filter(state="done")) == ["dispute"]
    assert look().differences == 0
    with in_public():
        assert sweeping.sweep(whole=True).differences == 0


@settings(max_examples=volume(8, 100))
@given(amounts=st.lists(st.tuples(st.booleans(), st.integers(1, 20_000)), min_size=1, max_size=6))
@pytest.mark.slow
def test_here_and_there_in_any_amounts_every_cent_goes_back_once(
    shop: World, bought: Order, sandbox: RunningSandbox, amounts: list[tuple[bool, int]]
) -> None:
    before = transaction.savepoint_create()
    payment = payment_of(bought)
    sandbox.change(payment.charge_id, amount_refunded=0, refunded=False)
    gone = 0
    for number, (is_here, amount) in enumerate(amounts):
        amount = min(amount, 33_000 - gone)
        if not amount:
            break
        if is_here:
            row = refund_services.refund_order(
                order_id=bought.id,
                reason="",
                acting_user="test",
                idempotency_key=f"{before}-{number}",
                amount=amount,
            )
            assert row.state == OrderRefund.State.DONE
        else:
            assert refund_elsewhere(sandbox, payment, amount) == 200
            newest = sandbox.store.all("refund")[0]["id"]
            with in_public():
                assert inbox.receive(
                    source="stripe", external_id=newest, topic="refund.created", payload={"object_id": newest}
                )
                inbox.handle_waiting()
        gone += amount
        bought.refresh_from_db()
        assert bought.refunded == payment_of(bought).refunded == gone
    assert on(AccountKind.PSP_CLEARING) == gone - 33_000
    assert drift() == []
    left = sum(payable.left for payable in Payable.objects.all())
    earned = sum(earning.left for earning in Earning.objects.all())
    assert left + earned + on(AccountKind.PLATFORM_FEE) == 33_000 - gone
    transaction.savepoint_rollback(before)


@pytest.mark.parametrize("spent", [0, 7_000, 10_000])
def test_a_topup_gives_what_is_left_of_it(shop: World, sandbox: RunningSandbox, spent: int) -> None:
    with in_public():
        payment_id = topup_services.open_topup(tenant=shop.tenant, amount=10_000, acting_user=shop.alice)
        payment = sandbox_cards.confirm_with_test_card(payment_id=payment_id, card="success")
        if spent:
            spend(shop, spent)
        refund_elsewhere(sandbox, payment, 10_000)
    hear(sandbox)
    assert on(AccountKind.TENANT_PREPAID) == 0
    assert on(AccountKind.TENANT_MARGIN) == -spent, "what was spent of it the shop bears"
    assert on(AccountKind.FOREIGN_REFUND) == 0
    assert look().differences == 0


def spend(shop: World, amount: int) -> None:
    with transaction.atomic():
        ledger_services.post(
            tenant_id=shop.tenant.id,
            kind="test.spent",
            idempotency_key="spent",
            legs=[
                Leg("tenant", shop.tenant.id, AccountKind.TENANT_PREPAID, "CNY", -amount),
                Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, "CNY", amount, NO_ONE),
            ],
        )
