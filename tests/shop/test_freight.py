"""Freight by the suppliers' tables: the address decides what it costs, how long it takes, whether it goes."""

import pytest

from catalog.models import Product, Region, ShippingRate, ShippingTemplate
from kernel.addresses.address import read_address
from kernel.errors import Conflict
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.orders import services as order_services
from tests.support.build import ADDRESS
from tests.support.purchases import fill_cart
from tests.support.world import World


@pytest.fixture
def table(shop: World) -> ShippingTemplate:
    """The farm: 8.00 for the first kilogram and 3.00 for each further one; the west 20.00; no islands."""
    for slug, code in (("shanghai", "310000"), ("tibet", "540000"), ("hainan", "460000")):
        Region.objects.update_or_create(slug=slug, defaults={"code": code, "name": {"en": slug.title()}})
    row = ShippingTemplate.objects.create(
        supplier=shop.tea.supplier, name="post", measure=ShippingTemplate.Measure.GRAMS, is_default=True
    )
    common = {"template": row, "first": 1_000, "additional": 1_000}
    ShippingRate.objects.create(
        position=1, regions=[], first_amount=800, additional_amount=300, days_min=2, days_max=4, **common
    )
    ShippingRate.objects.create(
        position=2,
        regions=["tibet"],
        first_amount=2_000,
        additional_amount=900,
        days_min=6,
        days_max=9,
        **common,
    )
    ShippingRate.objects.create(position=3, regions=["hainan"], is_served=False, **common)
    shop.tea.variants.update(weight_grams=700)
    return row


def test_freight_and_days_follow_the_address(shop: World, table: ShippingTemplate) -> None:
    owner = fill_cart(shop, tea=2)
    quoted = {}
    for region in ("", "上海市徐汇区", "西藏 拉萨 城关区"):
        places = read_address({"region": region}).places
        parts = cart_selectors.quote(owner=owner, user=shop.carol, places=places).suppliers
        farm = next(part for part in parts if part.supplier_id == shop.tea.supplier_id)
        quoted[region] = (farm.freight, farm.transit_days)
    assert quoted == {
        "": (1_100, (2, 4)),
        "上海市徐汇区": (1_100, (2, 4)),
        "西藏 拉萨 城关区": (2_900, (6, 9)),
    }


STREETS = ("南京东路 1 号", "西藏中路 268 号", "海南路 5 号", "Tibet Middle Road 268", "西藏自治区路 1 号")
"""Streets that bear the names of other places: freight looks at none of them."""


@pytest.mark.parametrize("street", STREETS)
def test_no_street_decides_freight(shop: World, table: ShippingTemplate, street: str) -> None:
    owner, to = fill_cart(shop), {**ADDRESS, "address": street}
    near = cart_selectors.quote(owner=owner, user=shop.carol, places=("310104", "310000", "CN")).total
    order = order_services.place_order(user=shop.carol, ship_to=to, expected_total=near, idempotency_key="k")
    assert (order.ship_to["division"], order.ship_to["region"]) == ("310104", "上海市 徐汇区")


def test_what_is_not_sent_there_cannot_be_ordered(shop: World, table: ShippingTemplate) -> None:
    owner, to = fill_cart(shop), {**ADDRESS, "region": "海南省 三亚 天涯区"}
    quote = cart_selectors.quote(owner=owner, user=shop.carol, places=read_address(to).places)
    assert len(quote.problems) == 1
    with pytest.raises(Conflict) as caught:
        order_services.place_order(
            user=shop.carol, ship_to=to, expected_total=quote.total, idempotency_key="k"
        )
    assert caught.value.code == "cart_changed"


def test_the_total_of_another_address_is_refused(shop: World, table: ShippingTemplate) -> None:
    owner = fill_cart(shop)
    near = cart_selectors.quote(owner=owner, user=shop.carol, places=("310000", "CN")).total
    with pytest.raises(Conflict) as caught:
        order_services.place_order(
            user=shop.carol,
            ship_to={**ADDRESS, "region": "西藏拉萨市城关区"},
            expected_total=near,
            idempotency_key="k",
        )
    assert caught.value.code == "price_changed"


def test_vouchers_travel_free(shop: World, table: ShippingTemplate) -> None:
    Product.objects.filter(pk=shop.tea.pk).update(kind=Product.Kind.VOUCHER)
    quote = cart_selectors.quote(owner=fill_cart(shop, lamp=0), user=shop.carol, places=("540000", "CN"))
    assert (quote.freight, quote.problems) == (0, [])
