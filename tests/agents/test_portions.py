"""Which line gave what to whom, and taking it back in any number of steps without a cent left or invented."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.splitting.portions import portions, take_portions
from tenants.agents.rules.splitting.split import split_order
from tests.agents.sales import chain, line, order, person
from tests.support.volume import volume

RULES: dict[str, Any] = {
    "name": {"zh-hans": "测试", "en": "Test"},
    "earn": [
        {
            "id": "food",
            "kind": "commission",
            "payee": "sharer",
            "percent": "8",
            "goods": {"categories": ["food"]},
        },
        {"id": "margin", "kind": "commission", "payee": "second", "percent": "10", "base": "margin"},
        {"id": "unit", "kind": "commission", "payee": "sharer", "fixed": "1", "per": "unit"},
        {
            "id": "once",
            "kind": "commission",
            "payee": "sharer",
            "fixed": "3",
            "when": {"order_at_least": "10"},
        },
    ],
}
amounts = st.integers(0, 100_000)
lines = st.lists(
    st.tuples(amounts, amounts, st.integers(1, 9), st.sampled_from(["food", "toys"])), min_size=1, max_size=5
)


@given(lines, st.integers(0, 3))
def test_every_lines_portions_sum_to_what_was_paid_for_it(given_lines: Any, fee_percent: int) -> None:
    sold = [
        line(paid, cost, name=str(number), quantity=units, categories=(category,))
        for number, (paid, cost, units, category) in enumerate(given_lines)
    ]
    fee = sum(item.paid for item in sold) * fee_percent // 100
    sale, rules = order(*sold, fee=fee), parse(RULES)
    split = split_order(sale, chain(person("bob"), person("alice")), rules)
    by_earning = portions(sale, split, rules)
    for earning, parts in zip(split.earnings, by_earning, strict=True):
        assert sum(parts) == earning.amount
        if earning.kind != "margin":
            assert min(parts) >= 0
    for number, item in enumerate(sold):
        given_out = sum(parts[number] for parts in by_earning)
        # What is missing is the line's part of the fee.
        assert 0 <= item.paid - item.cost - given_out <= fee
    food = next((place for place, earning in enumerate(split.earnings) if earning.earn_id == "food"), None)
    if food is not None and any(item.paid for item in sold if "food" in item.categories):
        assert all(
            part == 0
            for item, part in zip(sold, by_earning[food], strict=True)
            if "food" not in item.categories
        )


@pytest.mark.volume
@settings(max_examples=volume(75, 300))
@given(
    st.lists(st.integers(-5_000, 20_000), min_size=1, max_size=7),
    st.lists(st.integers(0, 9_999), max_size=30),
)
def test_steps_without_end_take_all_and_never_step_back(parts: list[int], steps: list[int]) -> None:
    whole = sum(parts)
    if whole < 0:
        return
    left, given_back = list(parts), 0
    for step in steps:
        amount = min(step, sum(left))
        clawed_back = take_portions(left, amount, amount, sum(left)) if sum(left) else [0] * len(left)
        assert sum(clawed_back) == amount
        assert all(
            0 <= back <= part or part <= back <= 0 for back, part in zip(clawed_back, left, strict=True)
        )
        left = [part - back for part, back in zip(left, clawed_back, strict=True)]
        given_back += amount
    assert take_portions(left, sum(left), 1, 1) == left
    assert given_back + sum(left) == whole


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=6), st.integers(1, 12))
def test_units_one_by_one_are_the_whole_line(parts: list[int], units: int) -> None:
    left = list(parts)
    for remaining in range(units, 0, -1):
        clawed_back = take_portions(left, sum(left) // remaining, 1, remaining)
        left = [part - back for part, back in zip(left, clawed_back, strict=True)]
        assert min(left) >= 0
    assert not any(left)


def test_an_amount_that_is_not_the_fraction_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 1/2"):
        take_portions([10, 10], 11, 1, 2)
    with pytest.raises(ValueError, match="all that is left"):
        take_portions([10, 10], 19, 2, 2)
