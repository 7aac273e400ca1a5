"""Income tax withheld from what persons earn by sharing: China's cumulative method for platform workers.

Source: State Taxation Administration, Announcement No. 16 of 2025 (国家税务总局公告2025年第16号, in force
since 1 October 2025), section 1, and the method it refers to, Announcement No. 61 of 2018 with its table 1:

    tax now = (income - expenses - reductions) x rate - quick deduction - tax withheld before

where income is all the person was paid for labour in this calendar year by this payer, this payment included;
expenses are 20 % of it; reductions are 5,000 yuan for each month in which the person was paid by this payer
*without a break* up to and including the present one. A result below zero withholds nothing; what was
withheld too much in spring is not paid back by the payer, but by the person's annual return.

Exempt income, other deductions and tax relief, which the formula has too, are not known to a shop: zero.
Value-added tax is not withheld: sales up to 100,000 yuan a month are exempt, and who is above declares it.
Amounts are fen.
"""

from collections.abc import Iterable
from dataclasses import dataclass

EXPENSES_PERCENT = 20
REDUCTION_A_MONTH = 5_000_00
# Upper end of each step (of what is left after expenses and reductions), rate in percent, quick deduction.
STEPS = (
    (36_000_00, 3, 0),
    (144_000_00, 10, 2_520_00),
    (300_000_00, 20, 16_920_00),
    (420_000_00, 25, 31_920_00),
    (660_000_00, 30, 52_920_00),
    (960_000_00, 35, 85_920_00),
    (None, 45, 181_920_00),
)


@dataclass(frozen=True, slots=True)
class Year:
    """What one payer has paid one person so far in a calendar year, in fen."""

    income: int = 0
    withheld: int = 0
    months: frozenset[int] = frozenset()
    """The months, 1 to 12, in which something was paid."""


@dataclass(frozen=True, slots=True)
class Withholding:
    """The tax on one payment, and every figure it comes from, in fen. ``rate`` is in percent."""

    tax: int
    income: int
    expenses: int
    months: int
    reductions: int
    taxable: int
    rate: int
    quick_deduction: int
    withheld_before: int

    def as_dict(self) -> dict[str, int]:
        """Return the figures by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def withhold(year: Year, *, amount: int, month: int) -> Withholding:
    """Return the tax to be withheld from ``amount`` (fen, above zero) that is paid in ``month`` (1 to 12).

    Never negative and never more than ``amount``. The tax is rounded half up to a fen, once, at the end.
    """
    if amount <= 0 or year.income < 0 or year.withheld < 0:
        raise ValueError("a payment is above zero, and what was before it is not below")
    if not 1 <= month <= 12:
        raise ValueError(f"{month} is no month")
    income = year.income + amount
    months = months_without_break({*year.months, month}, month)
    reductions = REDUCTION_A_MONTH * months
    # Hundredths of a fen, for a fifth of an odd amount is no whole number of fen.
    taxable = max(income * (100 - EXPENSES_PERCENT) - reductions * 100, 0)
    _limit, rate, quick = next(step for step in STEPS if step[0] is None or taxable <= step[0] * 100)
    due = (taxable * rate + 5_000) // 10_000 - quick
    return Withholding(
        tax=min(max(due - year.withheld, 0), amount),
        income=income,
        expenses=income * EXPENSES_PERCENT // 100,
        months=months,
        reductions=reductions,
        taxable=taxable // 100,
        rate=rate if taxable else 0,
        quick_deduction=quick,
        withheld_before=year.withheld,
    )


def months_without_break(months: Iterable[int], month: int) -> int:
    """Return how many months in a row, ending with ``month``, are among ``months``."""
    paid, count = set(months), 0
    while month - count in paid:
        count += 1
    return count
