"""One line of the benchmark table."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of ours beside a reference measured in the same run.

    ``ours`` and ``beside`` are medians in ``unit``; ``ratio`` is how many times as good as the reference we
    are, higher is better. A row with several figures gives the lowest ratio and lists the others in ``note``.
    """

    id: str
    unit: str
    ours: float
    beside: float
    ratio: float
    runs: int
    note: str = ""
    others: dict[str, float] = field(default_factory=dict)


def median_of(runs: int, action: Callable[[], float]) -> float:
    """Return the median of what ``action`` measured in ``runs`` runs."""
    return statistics.median(action() for _ in range(runs))


def seconds(action: Callable[[], object]) -> float:
    """Return how long ``action`` took, in seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
