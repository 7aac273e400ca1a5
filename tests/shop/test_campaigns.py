"""A campaign: one seller sells first, the others sell off what is left, the rest is stock again."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from billing.watch import checks
from catalog.models import Allocation, Stock
from kernel import clock
from kernel.errors import InvalidInput, OutOfStock
from kernel.ids import new_id
from kernel.models import Event
from kernel.tenancy import in_public, in_tenant
from tenants.agents.models import Member
from tenants.shop import handlers as shop_handlers
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.campaigns import services as campaign_services
from tenants.shop.promotions.campaigns.models import Campaign
from tenants.shop.promotions.campaigns.services import NewCampaignItem
from tests.support.build import make_tenant
from tests.support.purchases import fill_cart, place
from tests.support.world import World

HOUR = timedelta(hours=1)


def campaign_of(shop: World, units: int = 4) -> Campaign:
    now = clock.now()
    return campaign_services.open_campaign(
        campaign_id=new_id(),
        name="Tea night",
        seller=Member.objects.get(pk=shop.alice.pk),
        starts_at=now,
        ends_at=now + HOUR,
        matrix_until=now + 2 * HOUR,
        items=[NewCampaignItem(shop.tea.variants.get().pk, units, price=9_000, sell_off_price=8_000)],
        acting_user="test",
    )


def buy(shop: World, user: User, quantity: int = 1) -> Order:
    return place(shop, fill_cart(shop, tea=quantity, lamp=0, buyer=user), buyer=user)


def price_of(order: Order) -> int:
    return order.lines.get().unit_price


def units(shop: World) -> tuple[int, int, int, int, int]:
    row = Allocation.objects.get()
    return row.own, row.open, row.reserved, row.returned, Stock.objects.get(variant=row.variant).available


@pytest.fixture
def sold_off(shop: World) -> Campaign:
    return campaign_of(shop)


def test_one_streamers_units_then_everybodys_then_stock_again(shop: World, sold_off: Campaign) -> None:
    # Bob came through Alice, Carol through Bob: the hour is Alice's.
    assert price_of(buy(shop, shop.bob)) == 9_000
    assert price_of(buy(shop, shop.carol)) == 10_000
    assert price_of(buy(shop, shop.bob, 4)) == 10_000  # more than she has left
    assert units(shop) == (3, 0, 1, 0, 1)
    with time_machine.travel(clock.now() + HOUR):
        cheap = buy(shop, shop.carol)
        assert price_of(cheap) == 8_000
        assert units(shop) == (0, 2, 2, 0, 1)
        order_services.cancel_order(order_id=cheap.pk, acting_user=shop.carol)
        assert units(shop) == (0, 3, 1, 0, 1)
    campaign_services.end_campaign(campaign=Campaign.objects.get(pk=sold_off.pk), acting_user=shop.alice)
    assert units(shop) == (0, 0, 1, 3, 4)
    assert price_of(buy(shop, shop.bob)) == 10_000


def test_released_early_the_others_sell_and_nobody_twice(shop: World, sold_off: Campaign) -> None:
    variant = shop.tea.variants.get().pk
    assert campaign_services.release_units(campaign=sold_off, acting_user=shop.alice, units={variant: 3}) == 3
    assert price_of(buy(shop, shop.carol, 3)) == 8_000
    assert price_of(buy(shop, shop.carol)) == 10_000
    with pytest.raises(InvalidInput):
        campaign_services.release_units(campaign=sold_off, acting_user=shop.alice, units={variant: 2})
    assert units(shop) == (1, 0, 3, 0, 5)


def test_a_campaign_never_goes_below_the_least_price_or_beyond_the_stock(shop: World) -> None:
    now, variant = clock.now(), shop.tea.variants.get().pk
    for item, refusal in (
        (NewCampaignItem(variant, 4, price=5_000), InvalidInput),
        (NewCampaignItem(variant, 4, price=10_001), InvalidInput),
        (NewCampaignItem(variant, 11), OutOfStock),
    ):
        with pytest.raises(refusal):
            campaign_services.open_campaign(
                campaign_id=new_id(),
                name="Too much",
                seller=None,
                starts_at=now,
                ends_at=now + HOUR,
                matrix_until=now + HOUR,
                items=[item],
                acting_user="test",
            )
    assert not Campaign.objects.exists()
    assert Stock.objects.get(variant_id=variant).available == 10


def test_another_shop_has_nothing_of_it(shop: World, sold_off: Campaign) -> None:
    assert units(shop)[0] == 4
    with in_public():
        other = make_tenant("other.localhost")
    with in_tenant(other):
        assert not Campaign.objects.exists()


def test_a_row_that_says_other_than_its_reservations_is_found(shop: World, sold_off: Campaign) -> None:
    buy(shop, shop.bob)
    check = checks.registered()["shop.campaigns_add_up"]
    with in_public():
        assert list(check(None)) == []
        Allocation.objects.update(reserved=0, sold=1)
        (difference,) = check(None)
    assert (difference.facts["in_reservations"], difference.facts["sold"]) == (1, 1)


def test_the_hours_of_a_campaign_come_by_the_outbox(shop: World, sold_off: Campaign) -> None:
    events = Event.objects.filter(topic=campaign_services.TURNED).order_by("available_at")
    hours = (sold_off.starts_at, sold_off.ends_at, sold_off.matrix_until)
    for event, hour in zip(events, hours, strict=True):
        assert timedelta(0) <= event.available_at - hour < timedelta(minutes=1)  # never before its hour
    for event, (own, opened, returned) in zip(events, [(4, 0, 0), (0, 4, 0), (0, 0, 4)], strict=True):
        with time_machine.travel(event.available_at, tick=False):
            shop_handlers.on_campaign_turned(event)
            shop_handlers.on_campaign_turned(event)
        row = Allocation.objects.get()
        assert (row.own, row.open, row.returned) == (own, opened, returned)
    assert [status.left for status in campaign_selectors.item_statuses(sold_off)] == [0]
