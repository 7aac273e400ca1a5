"""What a simulation takes, and what it reports. Money is in minor units; proportions are of 1."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Population:
    """Who shares and buys. Percents are of people or of orders; ``basket`` is the mean in minor units.

    ``hand_percent`` of people get a role that is given by hand. Of all orders ``room_percent`` are made in a
    live room, ``note_percent`` through a note and ``group_percent`` in a group, where rules pay for these.
    ``payment_fee_percent`` is what a payment provider keeps of the shop's margin, of returned orders too.
    """

    members: int = 100_000
    founders: int = 100
    bound_percent: float = 90
    company_percent: float = 1
    hand_percent: float = 1
    orders_each_month: float = 0.3
    tasks_each_month: float = 2
    basket: int = 12_000
    basket_spread: float = 0.8
    margin_percent: float = 35
    margin_spread: float = 8
    return_percent: float = 5
    matching_percent: float = 30
    room_percent: float = 40
    note_percent: float = 30
    group_percent: float = 60
    platform_fee_percent: float = 1
    payment_fee_percent: float = 0


@dataclass(frozen=True, slots=True)
class SimulatedMonth:
    """One simulated month; amounts without what was returned. ``from_recruiting`` is part of ``paid_out``."""

    number: int
    members: int
    orders: int
    sales: int
    saved: int
    paid_out: int
    margin: int
    from_recruiting: int
    lowest_margin: float
    roles: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. ``lowest_margin`` is what the worst order left to the shop, beside its goods
    paid; orders that left nothing before anybody was paid are not looked at.

    ``lorenz`` has 21 points: what the lowest 0 %, 5 %, … 100 % of those who earn got together. ``depths``
    counts people by how many stand above them. ``top_ten_sales`` is the part of all sales that the circles
    of the ten largest sharers made.
    """

    months: tuple[SimulatedMonth, ...]
    by_earn: dict[str, int]
    cost_share: float
    margin_share: float
    lowest_margin: float
    cut_orders: float
    earners: int
    gini: float
    top_ten_share: float
    top_tenth_share: float
    top_ten_sales: float
    second_level_share: float
    recruiting_share: float
    deepest: int
    mean_depth: float
    large_teams: int
    lorenz: tuple[float, ...]
    depths: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return asdict(self)
