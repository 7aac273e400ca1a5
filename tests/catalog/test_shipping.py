"""Freight by region, by units or weight, free from a value on; the nearest region's line holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Region, ShippingRate, ShippingTemplate
from catalog.regions import selectors as region_selectors
from catalog.shipping import selectors as shipping_selectors
from catalog.shipping.freight import Freight, FreightItem, FreightTable, Rate, freight_for
from tests.support.build import make_supplier

EAST = Rate(frozenset({"zhejiang", "shanghai"}), first_amount=600, additional_amount=200, free_from=9_900)
CITY = Rate(frozenset({"hangzhou"}), first_amount=300, days_min=1, days_max=2)
FAR = Rate(frozenset({"tibet"}), is_served=False)
ELSEWHERE = Rate(first_amount=1_200, additional_amount=500, days_min=4, days_max=8)
UNITS = FreightTable((EAST, CITY, FAR, ELSEWHERE))
GRAMS = FreightTable(
    (Rate(first=1_000, first_amount=800, additional=500, additional_amount=150),), by_weight=True
)


@pytest.mark.parametrize(
    ("to", "units", "paid", "amount", "days"),
    [
        (("shanghai",), 1, 1_000, 600, (2, 5)),
        (("shanghai",), 3, 1_000, 1_000, (2, 5)),
        (("xihu", "hangzhou", "zhejiang"), 1, 1_000, 300, (1, 2)),  # the nearest line, not the first
        (("ningbo", "zhejiang"), 2, 9_900, 0, (2, 5)),  # free from 99.00 on
        (("ningbo", "zhejiang"), 2, 9_899, 800, (2, 5)),
        (("beijing",), 2, 99_900, 1_700, (4, 8)),
        ((), 1, 1_000, 1_200, (4, 8)),  # an address that names no region
    ],
)
def test_by_units(to: tuple[str, ...], units: int, paid: int, amount: int, days: tuple[int, int]) -> None:
    assert freight_for(UNITS, [FreightItem(units, 0, paid)], to) == Freight(amount, *days)


@pytest.mark.parametrize(
    ("parcels", "amount"),
    [
        ([FreightItem(1, 1_000, 0)], 800),
        ([FreightItem(1, 1_001, 0)], 950),  # a started portion counts whole
        ([FreightItem(2, 700, 0), FreightItem(1, 100, 0)], 950),
        ([FreightItem(2, 1_000, 0)], 1_100),
        ([], 0),
    ],
)
def test_by_weight(parcels: list[FreightItem], amount: int) -> None:
    assert freight_for(GRAMS, parcels, ("shanghai",)).amount == amount


def test_where_nothing_is_sent() -> None:
    assert not freight_for(UNITS, [FreightItem(1, 0, 1)], ("lhasa", "tibet")).is_served
    assert not freight_for(FreightTable((EAST,)), [FreightItem(1, 0, 1)], ("beijing",)).is_served


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5_000))
def test_more_never_costs_less_and_one_parcel_never_more_than_two(few: int, other: int, grams: int) -> None:
    table = FreightTable(
        (Rate(first=3, first_amount=500, additional=2, additional_amount=90),), by_weight=False
    )
    alone = [freight_for(table, [FreightItem(n, grams, 0)], ()).amount for n in (few, other)]
    together = freight_for(table, [FreightItem(few, grams, 0), FreightItem(other, grams, 0)], ()).amount
    assert max(alone) <= together <= sum(alone)


def test_tables_and_regions_are_read(db: None) -> None:
    east = Region.objects.create(slug="east", name={"zh-hans": "华东", "en": "East"})
    zhejiang = Region.objects.create(slug="zhejiang", code="330000", name={"en": "Zhejiang"}, parent=east)
    Region.objects.create(slug="hangzhou", code="330100", name={"en": "Hangzhou"}, parent=zhejiang)
    Region.objects.create(slug="west", code="US-CA", name={"en": "California"})
    supplier = make_supplier()
    usual = ShippingTemplate.objects.create(supplier=supplier, name="usual", is_default=True)
    heavy = ShippingTemplate.objects.create(supplier=supplier, name="heavy", measure="grams")
    ShippingRate.objects.create(template=usual, regions=["zhejiang"], first_amount=500)
    ShippingRate.objects.create(template=heavy, first=1_000, first_amount=900, additional=1_000)
    tables = shipping_selectors.tables_of([supplier.pk])
    assert tables.for_product(supplier.pk, None) == FreightTable(
        (Rate(frozenset({"zhejiang"}), first_amount=500),)
    )
    own = tables.for_product(supplier.pk, heavy.pk)
    assert own is not None
    assert own.by_weight
    assert shipping_selectors.tables_of([]).for_product(supplier.pk, None) is None
    assert region_selectors.line_of_places(("330106", "330100", "330000", "CN")) == (
        "hangzhou",
        "zhejiang",
        "east",
    )
    assert region_selectors.line_of_places(("330203", "330200", "330000", "CN")) == ("zhejiang", "east")
    assert region_selectors.line_of_places(("US-CA", "US")) == ("west",)
    assert region_selectors.line_of_places(("US-NY", "US")) == region_selectors.line_of_places(()) == ()
