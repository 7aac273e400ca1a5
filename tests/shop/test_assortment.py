"""The assortment rule: which products it lists and at what price."""

from decimal import Decimal

import pytest
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.models import Price, Product
from kernel.money.amounts import currencies, exponent
from tenants.agents.rules.splitting.savings import break_even_price
from tenants.shop.listings.assortment import AssortmentRule, PriceRule, ProductFilter, break_even_expression
from tests.support.build import make_category, make_product, make_supplier

pytestmark = pytest.mark.django_db


@given(
    percent=st.decimals(-90, 400, places=2),
    ending=st.none() | st.integers(0, 99),
    suggested=st.integers(1, 10**9) | st.integers(1, 2_000),
    minimum=st.integers(0, 10**6),
    currency=st.sampled_from(["CNY", "JPY", "KWD"]),
)
def test_price_is_the_same_in_sql_and_in_python(
    percent: Decimal, ending: int | None, suggested: int, minimum: int, currency: str
) -> None:
    rule = PriceRule(percent=percent, ending=ending)
    price = Price.objects.first() or make_product(make_supplier()).variants.get().prices.get()
    Price.objects.filter(id=price.id).update(suggested=suggested, minimum=minimum)
    in_sql = Price.objects.annotate(price=rule.expression(currency)).get(id=price.id).price
    assert in_sql == rule.price(suggested, minimum, currency)


@given(
    percent=st.decimals(-90, 400, places=2),
    ending=st.integers(0, 99),
    suggested=st.integers(0, 10**9) | st.integers(0, 2_000),
    currency=st.sampled_from(sorted(currencies())),
)
def test_an_ending_moves_a_price_within_its_unit_and_makes_none_of_nothing(
    percent: Decimal, ending: int, suggested: int, currency: str
) -> None:
    plain = PriceRule(percent=percent).price(suggested, 0, currency)
    ended = PriceRule(percent=percent, ending=ending).price(suggested, 0, currency)
    unit = 10 ** exponent(currency)
    assert ended // unit == plain // unit
    if plain < unit or unit < 100:
        assert ended == plain
    else:
        assert ended % unit == ending * unit // 100


@given(cost=st.integers(0, 10**12), fee_bp=st.integers(0, 5000))
def test_the_break_even_price_is_the_same_in_sql_and_in_python(cost: int, fee_bp: int) -> None:
    price = Price.objects.first() or make_product(make_supplier()).variants.get().prices.get()
    Price.objects.filter(id=price.id).update(cost=cost)
    least = Price.objects.annotate(least=break_even_expression(fee_bp)).get(id=price.id).least
    assert least == max(1, break_even_price(cost, fee_bp))
    assert least - least * fee_bp // 10_000 >= cost


def test_price_rule_cases() -> None:
    assert PriceRule(percent=Decimal(-3)).price(10_000, 0, "CNY") == 9_700
    assert PriceRule(percent=Decimal(-2), ending=90).price(12_345, 0, "CNY") == 12_090
    assert PriceRule(percent=Decimal(-50)).price(10_000, 8_000, "CNY") == 8_000
    assert PriceRule(ending=90).price(30, 0, "JPY") == 30
    assert PriceRule(ending=90).price(0, 0, "CNY") == 0
    assert PriceRule(ending=90).price(12_345, 0, "KWD") == 12_900


def test_category_filter_includes_what_lies_below() -> None:
    supplier, food = make_supplier(), make_category("food")
    tea = make_product(supplier, "tea", category=make_category("tea", parent=food))
    make_product(supplier, "lamp", category=make_category("home"))
    rule = AssortmentRule(include=[ProductFilter(category="food")])
    assert list(Product.objects.filter(rule.condition())) == [tea]
    assert not Product.objects.filter(
        AssortmentRule(include=[ProductFilter(category="none")]).condition()
    ).exists()


def test_exclude_wins_over_include() -> None:
    supplier = make_supplier()
    kept = make_product(supplier, "kept")
    make_product(supplier, "dropped", tags=["fragile"])
    rule = AssortmentRule(exclude=[ProductFilter(tag="fragile")])
    assert list(Product.objects.filter(rule.condition()).annotate(x=F("id"))) == [kept]


def test_a_rule_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="leaves nothing to sell"):
        AssortmentRule.model_validate({"exclude": [{}]})
    with pytest.raises(ValidationError, match="includ"):
        AssortmentRule.model_validate({"includ": []})
