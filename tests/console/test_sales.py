"""Sales on the dashboards are what buyers paid, less what went back to them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

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
        day = clock.today(world.tenant.zone)
        assert sum(sales.by_day(day - timedelta(days=1), world.tenant.zone).values()) == left
    assert sales.of_all_shops(clock.now() - timedelta(hours=1)) == {"CNY": left}
    chief = Browser(PLATFORM)
    assert chief.sign_in(world.chief.email).status_code == 302
    for page in (console.browser().get("/console/"), chief.get("/console/")):
        assert page.status_code == 200
        assert f"{Decimal(left) / 100:,.2f}" in page.content.decode()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin"])
@pytest.mark.parametrize("paid_at", ["2026-03-03T00:10Z", "2026-03-03T12:00Z", "2026-03-03T23:50Z"])
def test_a_sale_stands_on_the_day_that_the_shop_had(
    world: World, paid_order: Order, zone: str, paid_at: str
) -> None:
    moment, place = datetime.fromisoformat(paid_at), ZoneInfo(zone)
    with in_tenant(world.tenant):
        Order.objects.filter(pk=paid_order.pk).update(paid_at=moment)
        sold = sales.by_day(date(2026, 2, 1), place)
    assert sold == {moment.astimezone(place).date(): paid_order.total}
