"""The limits of ``split_order`` over a whole month of orders at once, as the simulation needs them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tenants.agents.rules.document.schema import Window

Ints = NDArray[np.int64]
DAYS = 30


def within_day(payees: Sequence[Ints], amounts: Sequence[Ints], limit: int) -> list[Ints]:
    """Return ``amounts`` cut so that nobody gets more than ``limit`` in a day.

    ``payees`` and ``amounts`` have one array for each line of ``earn``, with a place for each order of the
    month; the orders fall evenly on 30 days, and the earlier one is paid first.
    """
    if not payees or not len(payees[0]):
        return list(amounts)
    count, lines = len(payees[0]), len(payees)
    order = np.tile(np.arange(count), lines)
    key = np.concatenate(payees) * DAYS + order * DAYS // count
    promised = np.concatenate(amounts)
    ranked = np.lexsort((np.repeat(np.arange(lines), count), order, key))
    in_order = promised[ranked]
    running = np.cumsum(in_order) - in_order
    begins = np.searchsorted(key[ranked], key[ranked])
    allowed = np.empty_like(promised)
    allowed[ranked] = np.clip(limit - (running - running[begins]), 0, in_order)
    return [allowed[line * count : (line + 1) * count] for line in range(lines)]


def within_budget(ceilings: Ints, totals: Ints, budget: int) -> Ints:
    """Return ``ceilings`` lowered so that all orders together pay out no more than ``budget``."""
    promised = np.minimum(totals, ceilings)
    before = np.cumsum(promised) - promised
    lowered: Ints = np.clip(budget - before, 0, ceilings)
    return lowered


def months_of(window: Window | None, month: int) -> int:
    """Return how many simulated months a window covers; the first month is a January."""
    if window is None:
        return month + 1
    if window.rolling_months or window.rolling_days:
        return window.rolling_months or -(-(window.rolling_days or 0) // 30)
    return month % {"month": 1, "quarter": 3, "year": 12}[window.calendar or "year"] + 1
