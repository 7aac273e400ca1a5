"""How unevenly something is spread among people: the danger that a few hold most of it."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def gini(amounts: Ints) -> float:
    """Return 0 where all have the same, near 1 where one has all; ``amounts`` sorted upward, none negative.

    Gini coefficient of a finite population: 2 * sum(rank * amount) / (n * sum) - (n + 1) / n.
    """
    count, total = len(amounts), int(amounts.sum())
    if not total:
        return 0.0
    ranked = float((np.arange(1, count + 1) * amounts).sum())
    return 2 * ranked / (count * total) - (count + 1) / count


def lorenz(amounts: Ints, steps: int = 20) -> tuple[float, ...]:
    """Return what the lowest 0/steps, 1/steps, … of all people hold together; ``amounts`` sorted upward."""
    running = np.concatenate(([0], np.cumsum(amounts))) / max(int(amounts.sum()), 1)
    return tuple(round(float(running[len(amounts) * part // steps]), 6) for part in range(steps + 1))


def share_of_top(amounts: Ints, people: int, total: int | None = None) -> float:
    """Return what the ``people`` with most hold, of ``total`` or of all; ``amounts`` sorted upward."""
    whole = int(amounts.sum()) if total is None else total
    return float(amounts[max(len(amounts) - people, 0) :].sum() / max(whole, 1))
