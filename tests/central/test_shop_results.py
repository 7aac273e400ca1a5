"""What each shop brings, less what payment providers keep of it; a loss is named."""

from datetime import timedelta

import pytest

from billing.ledger.models import AccountKind, Entry
from billing.watch import reconciliation, shop_results
from kernel import clock
from kernel.tenancy import in_tenant
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.support.consoles import Browser
from tests.support.sandbox import RunningSandbox
from tests.support.world import PLATFORM, World

AT_ONCE = timedelta(seconds=-2)


def on(kind: AccountKind) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount", flat=True))


def result_of(world: World) -> shop_results.ShopResult:
    [row] = shop_results.since(clock.now() - timedelta(days=1))
    assert row.tenant_id == world.tenant.id
    return row


@pytest.mark.parametrize("refunded", [0, 10_000, None])
def test_a_shop_that_costs_more_than_it_brings_is_named(
    world: World, sandbox: RunningSandbox, paid_order: Order, refunded: int | None
) -> None:
    if refunded is None or refunded:
        with in_tenant(world.tenant):
            refund_services.refund_order(
                order_id=paid_order.id,
                reason="",
                acting_user=world.alice,
                idempotency_key="r",
                **({} if refunded is None else {"amount": refunded}),
            )
    before = result_of(world)
    assert before.provider_fees == 0, "no line has been seen yet"
    assert reconciliation.reconcile(grace=AT_ONCE).differences == 0
    after = result_of(world)
    assert (after.earned, after.provider_fees) == (on(AccountKind.PLATFORM_FEE), -on(AccountKind.PSP_FEE))
    assert after.provider_fees > after.earned
    assert after.is_loss
    chief = Browser(PLATFORM)
    assert chief.sign_in(world.chief.email).status_code == 302
    page = chief.get("/console/shops/results/")
    assert page.status_code == 200
    assert f"{after.provider_fees / 100:,.2f}" in page.content.decode()
    assert "/console/shops/results/" in chief.get("/console/").content.decode(), "the overview points there"


def test_a_shop_that_brings_more_is_not(world: World, sandbox: RunningSandbox, paid_order: Order) -> None:
    row = result_of(world)
    assert not row.is_loss
    assert row.result == row.earned > 0
