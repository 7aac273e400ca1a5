"""Tax withheld from commission: the cumulative method, against worked figures and against itself."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payouts.withdrawals import tax
from billing.payouts.withdrawals.tax import Year, months_without_break, withhold

YUAN = 100
amounts = st.integers(min_value=1, max_value=10**11)


def rounds_half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def by_brackets(taxable: Decimal) -> Decimal:
    """The same tax without quick deductions: each slice at its own rate, as the income tax law writes it."""
    slices = [
        (36_000, 3),
        (144_000, 10),
        (300_000, 20),
        (420_000, 25),
        (660_000, 30),
        (960_000, 35),
        (None, 45),
    ]
    due, below = Decimal(0), Decimal(0)
    for upper, rate in slices:
        top = taxable if upper is None else min(taxable, Decimal(upper * YUAN))
        due += max(top - below, Decimal(0)) * rate / 100
        below = Decimal((upper or 0) * YUAN)
    return due


def test_the_example_of_a_year() -> None:
    """10,000 yuan a month: 8,000 after expenses, 5,000 free, so 3,000 at 3 % until 36,000 are passed."""
    year, paid = Year(), []
    for month in range(1, 13):
        now = withhold(year, amount=10_000 * YUAN, month=month)
        paid.append(now.tax)
        year = Year(year.income + 10_000 * YUAN, year.withheld + now.tax, year.months | {month})
    assert paid == [90 * YUAN] * 12
    assert year.withheld == 1_080 * YUAN


def test_the_rate_rises_within_the_year() -> None:
    """50,000 a month: 35,000 at 3 % in January; in February 70,000 x 10 % - 2,520 - 1,050."""
    january = withhold(Year(), amount=50_000 * YUAN, month=1)
    assert (january.tax, january.rate, january.taxable) == (1_050 * YUAN, 3, 35_000 * YUAN)
    february = withhold(Year(50_000 * YUAN, january.tax, frozenset({1})), amount=50_000 * YUAN, month=2)
    assert (february.tax, february.rate, february.quick_deduction) == (3_430 * YUAN, 10, 2_520 * YUAN)


@pytest.mark.parametrize(
    ("taxable", "due"),
    [
        (0, 0),
        (36_000, 1_080),
        (36_001, Decimal("1080.10")),
        (144_000, 11_880),
        (300_000, 43_080),
        (420_000, 73_080),
        (660_000, 145_080),
        (960_000, 250_080),
        (1_000_000, 268_080),
    ],
)
def test_every_step_of_the_table(taxable: int, due: Decimal | int) -> None:
    income = (taxable + 5_000) * YUAN * 5 // 4 if (taxable * 5) % 4 == 0 else None
    if income is None:
        # Four fifths of a whole number of fen is not always whole: then the next fen above is asked.
        income = -(-(taxable + 5_000) * YUAN * 5 // 4)
    assert withhold(Year(), amount=income, month=1).tax == int(Decimal(due) * YUAN)


def test_what_is_free_of_tax() -> None:
    assert withhold(Year(), amount=6_250 * YUAN, month=1).tax == 0, "5,000 after a fifth of expenses"
    # 80 % of 17 fen above is 13.6 fen, of which 3 % is 0.4: rounded off. Of 63 fen it is 1.5: rounded up.
    assert withhold(Year(), amount=6_250 * YUAN + 17, month=1).tax == 0
    assert withhold(Year(), amount=6_250 * YUAN + 63, month=1).tax == 2


def test_too_much_withheld_is_kept_for_later_and_never_paid_back() -> None:
    """More was withheld before than the year owes so far, say because a large payment failed later."""
    year = Year(40_000 * YUAN, 5_000 * YUAN, frozenset({1, 2}))
    assert withhold(year, amount=100 * YUAN, month=3).tax == 0


def test_a_month_without_pay_breaks_the_row() -> None:
    assert months_without_break({1, 2, 3}, 3) == 3
    assert months_without_break({1, 3}, 3) == 1
    assert months_without_break({1, 2, 5, 6}, 6) == 2
    assert months_without_break({12}, 12) == 1
    in_a_row = withhold(Year(8_000 * YUAN, 0, frozenset({1, 2})), amount=8_000 * YUAN, month=3)
    with_a_gap = withhold(Year(8_000 * YUAN, 0, frozenset({1})), amount=8_000 * YUAN, month=3)
    assert (in_a_row.months, with_a_gap.months) == (3, 1)
    assert in_a_row.tax < with_a_gap.tax


@given(amounts, st.integers(1, 12))
def test_one_payment_is_taxed_as_the_law_writes_it(amount: int, month: int) -> None:
    taxable = max(Decimal(amount) * 4 / 5 - 5_000 * YUAN, Decimal(0))
    assert withhold(Year(), amount=amount, month=month).tax == rounds_half_up(by_brackets(taxable))


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 10**9)), min_size=1, max_size=40))
def test_after_each_payment_the_year_is_computed_anew(payments: list[tuple[int, int]]) -> None:
    """At least what the year owes by then is withheld, or the whole payment was too little for it."""
    year = Year()
    for month, amount in sorted(payments):
        now = withhold(year, amount=amount, month=month)
        assert 0 <= now.tax <= amount
        year = Year(year.income + amount, year.withheld + now.tax, year.months | {month})
        free = 5_000 * YUAN * months_without_break(year.months, month)
        due = rounds_half_up(by_brackets(max(Decimal(year.income) * 4 / 5 - free, Decimal(0))))
        assert year.withheld >= due or now.tax == amount
        assert now.tax == 0 or year.withheld <= due


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_within_one_month_it_does_not_matter_in_how_many_parts(parts: list[int]) -> None:
    year = Year()
    for amount in parts:
        now = withhold(year, amount=amount, month=7)
        year = Year(year.income + amount, year.withheld + now.tax, year.months | {7})
    assert year.withheld == withhold(Year(), amount=sum(parts), month=7).tax


@given(amounts, amounts)
def test_more_income_is_never_taxed_less(less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert withhold(Year(), amount=less, month=1).tax <= withhold(Year(), amount=more, month=1).tax


def test_the_quick_deductions_follow_from_the_table() -> None:
    for (limit, rate, quick), (_limit, next_rate, next_quick) in zip(tax.STEPS, tax.STEPS[1:], strict=False):
        assert limit is not None
        assert limit * rate // 100 - quick == limit * next_rate // 100 - next_quick


@pytest.mark.parametrize(
    ("year", "amount", "month"),
    [(Year(), 0, 1), (Year(), -1, 1), (Year(), 1, 0), (Year(), 1, 13), (Year(income=-1), 1, 1)],
)
def test_nonsense_is_refused(year: Year, amount: int, month: int) -> None:
    with pytest.raises(ValueError, match=r"month|above zero"):
        withhold(year, amount=amount, month=month)
