"""Sales on the dashboards are what buyers paid, less what went back to them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kernel import clock
from kernel.tenancy import in_tenant
from tenants.shop import sales
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.support.consoles import Browser, ShopConsole
from tests.support.world import PLATFORM, World

WAYS: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "a cent": [{"amount": 1}],
    "parts": [{"amount": 10_000}, {"amount": 2_345}],
    "freight": [{"freight": 600}],
    "all": [{}],
}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_refunded_is_no_sale(
    console: ShopConsole, world: World, paid_order: Order, way: str
) -> None:
    with in_tenant(world.tenant):
        for number, scope in enumerate(WAYS[way]):
            refund_services.refund_order(
                order_id=paid_order.id,
                reason="",
                acting_user=world.alice,
                idempotency_key=str(number),
                **scope,
            )
        paid_order.refresh_from_db()
        left = paid_order.total - paid_order.refunded
        assert sales.since(paid_order.placed_at).amount == left
        assert sum(sales.by_day(paid_order.placed_at).values()) == left
    assert sales.of_all_shops(clock.now() - timedelta(hours=1)) == {"CNY": left}
    chief = Browser(PLATFORM)
    assert chief.sign_in(world.chief.email).status_code == 302
    for page in (console.browser().get("/console/"), chief.get("/console/")):
        assert page.status_code == 200
        assert f"{Decimal(left) / 100:,.2f}" in page.content.decode()
