"""Who bears what payment providers keep: the platform, the shop's margin, or everybody who earns."""

from datetime import timedelta

import pytest

from billing.ledger.models import AccountKind, Entry
from billing.plans import selectors as plan_selectors
from billing.plans.models import CardFeeBearer, Plan
from billing.plans.subscriptions import services as subscription_services
from billing.watch import reconciliation, shop_results, sweeping
from kernel import clock
from kernel.errors import InvalidInput
from kernel.tenancy import in_public
from tenants.shop.listings import overlay
from tenants.shop.money_map import map_of
from tenants.shop.orders.models import Order
from tenants.shop.pricing import margin_guard
from tests.support.books import drift
from tests.support.purchases import fill_cart, pay, place, variant_of
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

BEARERS = list(CardFeeBearer)


def agree(world: World, bearer: str, *, in_plan: bool = False, basis_points: int = 300) -> None:
    """Let ``bearer`` bear it, as the shop's plan says or as was agreed with the shop."""
    plan = plan_selectors.plan_of(world.tenant.id)
    Plan.objects.filter(pk=plan.pk).update(
        card_fee_bp=basis_points, card_fee_bearer=bearer if in_plan else CardFeeBearer.PLATFORM
    )
    subscription_services.agree(
        tenant=world.tenant,
        plan_code=plan.code,
        fee_bp=100,
        card_fee_bearer="" if in_plan else bearer,
        acting_user=world.chief,
    )


def on(kind: AccountKind) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount", flat=True))


@pytest.mark.parametrize("in_plan", [True, False])
@pytest.mark.parametrize("bearer", BEARERS)
def test_whoever_bears_it_has_that_much_less(
    shop: World, sandbox: RunningSandbox, bearer: str, in_plan: bool
) -> None:
    agree(shop, bearer, in_plan=in_plan)
    order = pay(place(shop, fill_cart(shop)))
    goods = order.total - order.freight
    fee, margin = on(AccountKind.PLATFORM_FEE), on(AccountKind.TENANT_MARGIN)
    shared = bearer == CardFeeBearer.SPLIT
    assert fee == order.fee == goods * (400 if shared else 100) // 10_000
    with in_public():
        assert reconciliation.reconcile(grace=timedelta(seconds=-2)).differences == 0
    kept = sum(line.fee for line in reconciliation.BalanceLine.objects.all())
    assert kept > 0
    assert on(AccountKind.TENANT_MARGIN) == margin - (kept if bearer == CardFeeBearer.SHOP else 0)
    assert on(AccountKind.PSP_FEE) == (0 if bearer == CardFeeBearer.SHOP else -kept)
    [result] = shop_results.since(clock.now() - timedelta(days=1))
    assert result.is_loss == (bearer == CardFeeBearer.PLATFORM), "the platform loses only where it bears it"
    ribbons, rows = map_of(order)
    assert sum(row.amount for row in rows) == order.total
    assert sum(ribbon.amount for ribbon in ribbons) == order.total
    assert any(row.amount == kept for row in rows) == (bearer == CardFeeBearer.SHOP)
    with in_public():
        assert sweeping.sweep(whole=True).differences == 0
    assert drift() == []


@pytest.mark.parametrize("bearer", BEARERS)
def test_the_margin_guard_counts_it_where_the_shop_or_all_bear_it(shop: World, bearer: str) -> None:
    agree(shop, CardFeeBearer.PLATFORM)
    least = least_price(shop)
    agree(shop, bearer)
    assert (least_price(shop) > least) == (bearer != CardFeeBearer.PLATFORM)


def least_price(shop: World) -> int:
    """Return the lowest price in 1,000 that the guard lets stand, by halving."""
    product = shop.tea
    low, high = 1, 100_000
    while low < high:
        middle = (low + high) // 2
        try:
            margin_guard.check_price(overlay.overlay(), product.pk, variant_of(product), middle)
        except InvalidInput:
            low = middle + 1
        else:
            high = middle
    return low


@pytest.mark.parametrize("basis_points", [0, 60, 290, 1_000])
def test_a_rate_of_nothing_changes_nothing(shop: World, sandbox: RunningSandbox, basis_points: int) -> None:
    agree(shop, CardFeeBearer.SPLIT, basis_points=basis_points)
    order: Order = pay(place(shop, fill_cart(shop)))
    goods = order.total - order.freight
    assert order.fee == goods * (100 + basis_points) // 10_000
    assert sum(row.amount for row in map_of(order)[1]) == order.total
