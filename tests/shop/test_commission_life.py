"""A commission's life: pending, in its holding period, payable, clawed back, netted; and what makes it wait.

Bob earns 8 %, Alice 3 % of what Carol buys; both wait seven days after receipt.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.events import outbox
from kernel.ids import new_id
from kernel.models import NO_ONE, AuditEntry
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings import services as earning_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Earning
from tenants.agents.roles import services as role_services
from tenants.shop.orders import services as tenants_order_services
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.support.purchases import fill_cart, pay, place
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

WALLET = (
    AccountKind.COMMISSION_PENDING,
    AccountKind.COMMISSION_PAYABLE,
    AccountKind.SERVICE_FEE_PAYABLE,
    AccountKind.CLAWBACK_RECEIVABLE,
)


def buy(shop: World, **quantities: int) -> Order:
    """Carol buys and pays."""
    return pay(place(shop, fill_cart(shop, **quantities)))


@pytest.fixture
def later() -> Iterator[Any]:
    """A clock that tests move on."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def wallet(shop: World, user: User) -> tuple[int, int, int]:
    """Pending, payable, debt."""
    amounts = [
        ledger_selectors.balance(
            owner_kind="member", owner_id=user.pk, kind=kind, currency="CNY", tenant_id=shop.tenant.id
        )
        for kind in WALLET
    ]
    return amounts[0], amounts[1] + amounts[2], -amounts[3]


def relay() -> None:
    while outbox.relay():
        pass


def arrive(order: Order) -> None:
    for part in SupplierOrder.objects.filter(order_id=order.id, state="to_ship"):
        supplier_order_services.ship(
            supplier_order_id=part.id, carrier="SF", tracking_number=part.number, acting_user="test"
        )
    relay()
    order.refresh_from_db()
    assert order.buyer is not None
    tenants_order_services.receive_order(order_id=order.id, acting_user=order.buyer)
    relay()


def withdraw(shop: World, user: User, amount: int) -> None:
    """The wallet's money leaves, as a withdrawal books it."""
    with transaction.atomic():
        ledger_services.post(
            tenant_id=shop.tenant.id,
            kind="test.withdrawn",
            idempotency_key=str(new_id()),
            legs=[
                Leg("member", user.pk, AccountKind.COMMISSION_PAYABLE, "CNY", -amount),
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", amount, NO_ONE),
            ],
        )


def state_of(order: Order, earn_id: str = "share") -> str:
    return str(Earning.objects.get(sale_id=order.id, earn_id=earn_id).state)


def test_pending_held_payable(shop: World, paid_order: Order, later: Any) -> None:
    assert (state_of(paid_order), wallet(shop, shop.bob)) == ("pending", (2_520, 0, 0))
    arrive(paid_order)
    earning = Earning.objects.get(sale_id=paid_order.id, earn_id="share")
    assert (earning.state, earning.payable_at) == ("holding", clock.now() + timedelta(days=7))
    assert wallet(shop, shop.bob) == (2_520, 0, 0)
    later.shift(timedelta(days=7) - timedelta(seconds=1))
    relay()
    assert state_of(paid_order) == "holding"
    later.shift(timedelta(seconds=2))
    relay()
    assert (state_of(paid_order), wallet(shop, shop.bob)) == ("payable", (0, 2_520, 0))
    assert wallet(shop, shop.alice) == (0, 945, 0)
    counts = ledger_selectors.counts()
    with transaction.atomic():
        assert earning_services.release_due(order_id=paid_order.id) == 0
        earning_services.start_holding_period(order_id=paid_order.id)
    assert ledger_selectors.counts() == counts
    assert state_of(paid_order, "margin") == "pending"


def test_nothing_waits_before_the_last_suppliers_part_arrived(
    shop: World, paid_order: Order, later: Any
) -> None:
    farm = SupplierOrder.objects.get(order_id=paid_order.id, supplier__code="farm")
    supplier_order_services.ship(
        supplier_order_id=farm.id, carrier="SF", tracking_number="1", acting_user="test"
    )
    with transaction.atomic():
        supplier_order_services.receive(supplier_order_id=farm.id, acting_user="test")
    relay()
    assert state_of(paid_order) == "pending"
    # The lamp will never come: with its money back, the order is as received as it will ever be.
    lamp = next(line for line in paid_order.lines.all() if line.sku == "lamp-0")
    refund_services.refund_order(
        order_id=paid_order.id,
        reason="",
        acting_user="test",
        idempotency_key="k",
        lines={lamp.id: 1},
        freight=900,
    )
    relay()
    paid_order.refresh_from_db()
    assert paid_order.state == Order.State.RECEIVED
    assert (state_of(paid_order), wallet(shop, shop.bob)) == ("holding", (720, 0, 0))


@pytest.mark.parametrize("reached", ["pending", "holding", "payable"])
def test_a_refund_takes_from_where_the_share_is(
    shop: World, paid_order: Order, later: Any, reached: str
) -> None:
    if reached != "pending":
        arrive(paid_order)
    if reached == "payable":
        later.shift(timedelta(days=8))
        relay()
    assert state_of(paid_order) == reached
    refund_services.refund_order(order_id=paid_order.id, reason="", acting_user="test", idempotency_key="k")
    assert (state_of(paid_order), wallet(shop, shop.bob)) == ("reversed", (0, 0, 0))
    later.shift(timedelta(days=30))
    relay()
    assert wallet(shop, shop.bob) == (0, 0, 0)


@pytest.mark.slow
def test_what_was_withdrawn_becomes_a_debt_and_is_netted_from_the_next(
    shop: World, paid_order: Order, later: Any
) -> None:
    arrive(paid_order)
    later.shift(timedelta(days=8))
    relay()
    withdraw(shop, shop.bob, 2_000)
    refund_services.refund_order(order_id=paid_order.id, reason="", acting_user="test", idempotency_key="k")
    assert wallet(shop, shop.bob) == (0, 0, 2_000)
    second = buy(shop, tea=1, lamp=0)
    arrive(second)
    later.shift(timedelta(days=8))
    relay()
    assert wallet(shop, shop.bob) == (0, 0, 2_000 - 720)
    third = buy(shop, tea=0, lamp=1)
    arrive(third)
    later.shift(timedelta(days=8))
    relay()
    assert wallet(shop, shop.bob) == (0, 1_800 - 1_280, 0)
    assert sum(ledger_selectors.sum_by_currency().values()) == 0


def test_a_blocked_share_waits_for_a_person(shop: World, paid_order: Order, later: Any) -> None:
    ids = earning_selectors.ids_of(paid_order.id)
    assert (
        earning_services.put_under_review(earning_ids=ids, reason="shared_device", acting_user=shop.alice)
        == 2
    )
    assert (
        earning_services.put_under_review(earning_ids=ids, reason="shared_device", acting_user=shop.alice)
        == 0
    )
    earning_services.put_under_review(earning_ids=ids, reason="dispute", acting_user="payments")
    arrive(paid_order)
    later.shift(timedelta(days=8))
    relay()
    assert state_of(paid_order) == "holding"
    earning_services.end_review(earning_ids=ids, reason="dispute", acting_user="payments")
    assert state_of(paid_order) == "holding"
    earning_services.end_review(
        earning_ids=ids, reason="shared_device", acting_user=shop.alice, note="family"
    )
    assert (state_of(paid_order), wallet(shop, shop.bob)) == ("payable", (0, 2_520, 0))
    actions = list(AuditEntry.objects.filter(object_type="earning").values_list("action", flat=True))
    assert (actions.count("earning.review_started"), actions.count("earning.review_ended")) == (4, 4)
    with pytest.raises(Conflict):
        earning_services.refuse(earning_id=ids[0], reason="too late", acting_user=shop.alice)
    with pytest.raises(NotFound):
        earning_services.put_under_review(earning_ids=[new_id()], reason="x", acting_user=shop.alice)


def test_a_refused_share_stays_with_the_shop_and_goes_back_from_there(
    shop: World, paid_order: Order, later: Any
) -> None:
    earning = Earning.objects.get(sale_id=paid_order.id, earn_id="share")
    earning_services.put_under_review(
        earning_ids=[earning.id], reason="shared_device", acting_user=shop.alice
    )
    tea = next(line for line in paid_order.lines.all() if line.sku == "tea-0")
    refund_services.refund_order(
        order_id=paid_order.id, reason="", acting_user="test", idempotency_key="1", lines={tea.id: 1}
    )
    for _again in range(2):
        assert (
            earning_services.refuse(earning_id=earning.id, reason="own device", acting_user=shop.alice).state
            == "refused"
        )
    assert wallet(shop, shop.bob) == (0, 0, 0)
    margin = next(
        flow for flow in ledger_selectors.flows(paid_order.id) if flow.kind == AccountKind.TENANT_MARGIN
    )
    lamp_margin = 22_500 - 15_000 - 225 - 1_800 - 675
    assert margin.amount == lamp_margin + 1_800
    refund_services.refund_order(order_id=paid_order.id, reason="", acting_user="test", idempotency_key="2")
    assert ledger_selectors.flows(paid_order.id) == []
    earning.refresh_from_db()
    assert (earning.state, earning.left) == ("refused", 0)


def test_a_companys_fee_becomes_payable_as_a_fee(shop: World, sandbox: RunningSandbox, later: Any) -> None:
    provider = role_services.register_company(
        member=member_services.ensure_member(user=shop.alice),
        name="Grain Ltd",
        number="9131",
        acting_user=None,
    )
    role_services.grant_role(member=provider, role="provider", acting_user=None)
    order = buy(shop)
    arrive(order)
    relay()
    fee = Earning.objects.get(sale_id=order.id, earn_id="service")
    assert fee.state == "payable"  # it has no days to wait
    paid = ledger_selectors.balance(
        owner_kind="member",
        owner_id=shop.alice.pk,
        kind=AccountKind.SERVICE_FEE_PAYABLE,
        currency="CNY",
        tenant_id=shop.tenant.id,
    )
    assert paid == fee.amount == 1_575


def test_the_database_knows_the_states_of_a_share(shop: World, paid_order: Order) -> None:
    rows = Earning.objects.filter(sale_id=paid_order.id, earn_id="share")
    wrong: list[dict[str, Any]] = [
        {"state": "holding"},
        {"state": "payable"},
        {"released_at": clock.now()},
        {"clawed_back": 2_521},
        {"state": "reversed"},
        {"state": "refused", "review_reasons": ["x"]},
    ]
    for change in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
