"""A shop's sales under another document: the same sales, the same people, other sums."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.agents.rules import presets
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.sale.values import Chain, SaleLine
from tenants.agents.rules.splitting.replaying import PastSale, replay
from tenants.agents.rules.splitting.savings import price_reductions
from tests.agents.documents import documents
from tests.agents.sales import chain, line, person
from tests.agents.test_engine import chains, lines_of_goods
from tests.support.volume import volume

DAY = date(2026, 11, 30)
FIVE = parse("name: x\nearn: [{id: a, kind: commission, payee: sharer, percent: 5}]\n")
ANNA = chain(person("anna"))


def sale(
    *lines: SaleLine, day: date = DAY, people: Chain = ANNA, rules: Rules = FIVE, **more: Any
) -> PastSale:
    return PastSale("s", "CNY", lines or (line(10_000, 5_000),), 100, people, rules, day, **more)


def test_who_gains_and_who_loses_is_shown_in_total_and_by_person() -> None:
    new = parse(
        "name: y\nearn:\n"
        "  - {id: a, kind: commission, payee: sharer, percent: 2}\n"
        "  - {id: b, kind: commission, payee: second, percent: 4}\n"
    )
    two = chain(person("anna"), person("bert"))
    result = replay([sale(people=two), sale(people=two), sale(people=chain(person("carl")))], new)
    changes = {name: pair.change for name, pair in result.incomes.items()}
    assert changes == {"anna": -600, "bert": 800, "carl": -300}
    assert [name for name, _pair in result.gainers()] == ["bert"]
    assert [name for name, _pair in result.losers()] == ["anna", "carl"]
    assert (result.people().before, result.people().after) == (1_500, 1_400)
    assert result.shop.change == 100


@pytest.mark.slow
def test_limits_of_day_and_month_run_along_and_begin_anew() -> None:
    day = parse(FIVE.as_yaml() + "limits: {per_person_day: 8}\n")
    same_day = [sale(), sale(), sale(day=date(2026, 12, 1))]
    assert replay(same_day, day).incomes["anna"].after == 500 + 300 + 500
    month = parse(FIVE.as_yaml() + "limits: {budget_month: 8}\n")
    assert replay([*same_day, sale(day=date(2026, 12, 31))], month).incomes["anna"].after == 800 + 800
    assert replay([sale(), sale(day=date(2027, 11, 30))], month).incomes["anna"].after == 1_000


def test_what_went_back_counts_on_neither_side() -> None:
    goods = (line(10_000, 5_000), line(4_000, 1_000, name="2"))
    result = replay([sale(*goods, refunded={"1": (5_000, 10_000)})], presets.rules("share-lock"))
    assert (result.goods.before, result.goods.after) == (9_000, 9_000)
    assert (result.incomes["anna"].before, result.incomes["anna"].after) == (250 + 200, 400 + 320)
    whole = replay([sale(*goods, refunded={"1": (1, 1), "2": (1, 1)})], FIVE)
    assert (whole.goods.after, whole.shop.after, whole.people().after) == (0, 0, 0)


@pytest.mark.volume
@settings(max_examples=volume(15, 60))
@given(documents(), st.lists(st.tuples(lines_of_goods, chains()), max_size=4))
def test_under_its_own_rules_nothing_changes_and_money_is_neither_made_nor_lost(
    document: dict[str, Any], sales: list[tuple[tuple[SaleLine, ...], Chain]]
) -> None:
    rules = parse(document)
    result = replay([sale(*goods, people=people, rules=rules) for goods, people in sales], rules)
    assert all(
        pair.change == 0
        for pair in (result.goods, result.shop, *result.incomes.values(), *result.savings.values())
    )
    full = sum(item.paid for goods, _people in sales for item in goods)
    assert result.goods.after + sum(pair.after for pair in result.savings.values()) == full


def test_below_cost_sells_below_cost_and_fee_and_nothing_else_does() -> None:
    """The same floor for examples, replays and simulations; the shop's own is in tests/shop."""
    clearance = "name: x\nearn: [{id: a, kind: price_reduction, payee: buyer, percent: 50}]\n"
    goods = (line(10_000, 6_000),)
    for text, paid in ((clearance, 6_061), (clearance + "limits: {below_cost: true}\n", 5_000)):
        rules = parse(text)
        assert replay([sale(*goods)], rules).goods.after == paid
        assert 10_000 - price_reductions(goods, ANNA.buyer, rules, fee_bp=100)["1"] == paid
