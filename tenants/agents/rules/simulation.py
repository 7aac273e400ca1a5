"""What a document would cost and whom it would enrich: a seeded population that shares, binds, buys, returns.

Vectorised with numpy; the same rules, population and seed give the same report. An order is one basket of one
kind of goods; rules that look at goods apply to a fixed part of the baskets. Money is in minor units.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenants.agents.rules.document import MONEY_METRICS, Condition, Window
from tenants.agents.rules.parsing import Rules, reach_conditions
from tenants.agents.rules.plan import NEAREST_ABOVE, Entry, minor_units
from tenants.agents.rules.quantities import MILLION
from tenants.agents.rules.sale import Chain

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
NOBODY = -1
SHARER, SECOND = Chain._fields.index("sharer"), Chain._fields.index("second")


@dataclass(frozen=True, slots=True)
class Population:
    """Who shares and buys. Percents are of people or of orders; ``basket`` is the mean in minor units."""

    members: int = 100_000
    founders: int = 100
    bound_percent: float = 90
    company_percent: float = 1
    orders_each_month: float = 0.3
    basket: int = 12_000
    basket_spread: float = 0.8
    margin_percent: float = 35
    margin_spread: float = 8
    return_percent: float = 5
    matching_percent: float = 30
    platform_fee_percent: float = 1


@dataclass(frozen=True, slots=True)
class Month:
    """One simulated month; amounts without what was returned."""

    number: int
    members: int
    orders: int
    sales: int
    saved: int
    paid_out: int
    margin: int
    roles: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. Shares are of 1; ``lowest_margin`` is the worst order's, beside its goods paid."""

    months: tuple[Month, ...]
    by_earn: dict[str, int]
    cost_share: float
    margin_share: float
    lowest_margin: float
    cut_orders: float
    earners: int
    gini: float
    top_ten_share: float
    second_level_share: float
    deepest: int
    mean_depth: float
    large_teams: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return asdict(self)


def simulate(
    rules: Rules,
    population: Population,
    *,
    months: int = 12,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Let ``population`` live under ``rules`` for ``months``; ``progress`` is told each month done."""
    world = _World(rules, population, months, np.random.default_rng(seed))
    for month in range(months):
        world.live(month)
        if progress:
            progress(month + 1)
    return world.report()


class _World:
    """Arrays with one place a member, in the order of joining: who brought somebody came before them."""

    def __init__(
        self, rules: Rules, population: Population, months: int, random: np.random.Generator
    ) -> None:
        self.rules, self.population, self.random = rules, population, random
        size = population.members
        first = min(population.founders, size)
        self.ends = [first + (size - first) * (month + 1) // months for month in range(months)]
        self.first = first
        self.joined = 0
        self.parent = np.full(size, NOBODY, np.int64)
        self.depth = np.zeros(size, np.int16)
        self.appeal = random.pareto(1.5, size) + 0.05
        # Who shares well is likelier to have founded a company.
        likely = population.company_percent / 100 * self.appeal / self.appeal.mean()
        self.company = random.random(size) < likely
        self.income = np.zeros(size, np.int64)
        self.has_bought = np.zeros(size, np.bool_)
        self.roles = {role.id: np.zeros(size, np.bool_) for role in rules.document.roles}
        wanted = {str(leaf.metric) for _place, leaf in reach_conditions(rules.document)}
        self.deeds = {
            metric: np.zeros((months, size), np.int64) for metric in wanted - {"holders_below", "tasks"}
        }
        self.by_earn = {entry.earn_id: 0 for entry in rules.plan.earnings}
        self.second_level = self.cut = self.settled = 0
        self.lowest = 1.0
        self.history: list[Month] = []

    def live(self, month: int) -> None:
        """Join, buy, settle, and climb."""
        self._join(0, self.first) if month == 0 else None
        self._join(self.joined, self.ends[month], month)
        paid, saved, sums = self._trade(month)
        self._climb(month)
        counts = {name: int(held[: self.joined].sum()) for name, held in self.roles.items()}
        orders, paid_out, margin = sums
        self.history.append(Month(month + 1, self.joined, orders, paid, saved, paid_out, margin, counts))

    def _join(self, start: int, end: int, month: int = 0) -> None:
        if end <= start:
            return
        self.joined = end
        if start:
            # The better somebody is at sharing, the more come through them.
            ladder = np.cumsum(self.appeal[:start])
            chosen = np.searchsorted(ladder, self.random.random(end - start) * ladder[-1])
            through = self.random.random(end - start) < self.population.bound_percent / 100
            self.parent[start:end] = np.where(through, np.minimum(chosen, start - 1), NOBODY)
            bound = np.flatnonzero(through) + start
            self.depth[bound] = self.depth[self.parent[bound]] + 1
            if "bound_fans" in self.deeds:
                self.deeds["bound_fans"][month] += np.bincount(self.parent[bound], minlength=len(self.parent))
        join = self.rules.document.join
        for role in join.grants if join.who in {"anyone", "approved"} else ():
            self.roles[role][start:end] = True
        for role in join.grants if join.who == "invited" else ():
            self.roles[role][start:end] = self.parent[start:end] != NOBODY

    def _trade(self, month: int) -> tuple[int, int, tuple[int, int, int]]:
        people, random = self.population, self.random
        count = int(random.poisson(people.orders_each_month * self.joined))
        buyer = random.integers(0, self.joined, count)
        mean = np.log(people.basket) - people.basket_spread**2 / 2
        full = np.maximum(random.lognormal(mean, people.basket_spread, count), 100).astype(np.int64)
        margin = np.clip(random.normal(people.margin_percent, people.margin_spread, count), 0, 95) / 100
        cost = (full * (1 - margin)).astype(np.int64)
        first = ~self.has_bought[buyer]
        first[np.setdiff1d(np.arange(count), np.unique(buyer, return_index=True)[1])] = False
        matching = random.random(count) < people.matching_percent / 100
        saved = self._savings(buyer, full, cost, matching, first)
        paid = full - saved
        left = paid - cost - (paid * people.platform_fee_percent / 100).astype(np.int64)
        kept = random.random(count) >= people.return_percent / 100
        paid_out = self._settle(buyer, paid, cost, left, matching, first, kept)
        self._note(month, buyer[kept], paid[kept])
        goods, out = int(paid[kept].sum()), int(paid_out[kept].sum())
        return goods, int(saved[kept].sum()), (int(kept.sum()), out, int(left[kept].sum()) - out)

    def _savings(self, buyer: Ints, full: Ints, cost: Ints, matching: Mask, first: Mask) -> Ints:
        saved = np.zeros(len(buyer), np.int64)
        ceiling = full if self.rules.plan.below_cost else np.maximum(full - cost, 0)
        for entry in self.rules.plan.reductions:
            applies = self._applies(entry, buyer, full, matching, first)
            amount = full * entry.rate // MILLION if entry.rate else np.full(len(buyer), entry.fixed)
            amount = amount if entry.cap is None else np.minimum(amount, entry.cap)
            saved = np.minimum(saved + np.where(applies, amount, 0), ceiling)
        return saved

    def _applies(self, entry: Entry, buyer: Ints, paid: Ints, matching: Mask, first: Mask) -> Mask:
        applies = paid >= entry.order_at_least
        if entry.matches is not None:
            applies &= matching
        if entry.first_order is not None:
            applies &= first == entry.first_order
        if entry.buyer_roles:
            applies &= self._holds(entry.buyer_roles)[buyer]
        return applies

    def _holds(self, names: frozenset[str]) -> Mask:
        held = np.zeros(len(self.parent), np.bool_)
        for name in names:
            held |= self.roles[name]
        return held

    def _settle(
        self, buyer: Ints, paid: Ints, cost: Ints, left: Ints, matching: Mask, first: Mask, kept: Mask
    ) -> Ints:
        plan, shares = self.rules.plan, []
        for entry in plan.earnings:
            payee = self._payee(entry, buyer)
            applies = self._applies(entry, buyer, paid, matching, first) & (payee != NOBODY) & (left > 0)
            base = paid - cost if entry.on_margin else paid
            amount = base * entry.rate // MILLION if entry.rate else np.full(len(buyer), entry.fixed)
            amount = amount if entry.cap is None else np.minimum(amount, entry.cap)
            shares.append((entry, payee, np.where(applies, np.maximum(amount, 0), 0)))
        total = sum((amount for _entry, _payee, amount in shares), np.zeros(len(buyer), np.int64))
        ceiling = np.maximum(left, 0)
        if plan.payout_rate is not None:
            limit = (paid - cost if plan.payout_of_margin else paid) * plan.payout_rate // MILLION
            ceiling = np.minimum(ceiling, np.maximum(limit, 0))
        too_much = total > ceiling
        paid_out = np.zeros(len(buyer), np.int64)
        for entry, payee, amount in shares:
            cut = np.where(too_much, amount * ceiling // np.maximum(total, 1), amount)
            given = np.where(kept, cut, 0)
            np.add.at(self.income, payee[payee != NOBODY], given[payee != NOBODY])
            self.by_earn[entry.earn_id] += int(given.sum())
            self.second_level += int(given.sum()) if entry.level == 2 else 0
            paid_out += cut
        self.cut += int(too_much.sum())
        self.settled += len(buyer)
        if len(buyer):
            self.lowest = min(self.lowest, float(((left - paid_out) / np.maximum(paid, 1)).min()))
        return paid_out

    def _payee(self, entry: Entry, buyer: Ints) -> Ints:
        sharer = self.parent[buyer]
        second = np.where(sharer == NOBODY, NOBODY, self.parent[sharer])
        holds = self._holds(entry.payee_roles) if entry.payee_roles else np.ones(len(self.parent), np.bool_)
        if entry.company:
            holds = holds & self.company
        if entry.payee == NEAREST_ABOVE and entry.company:
            return self._nearest(holds)[buyer]
        sharer, second = (np.where((who != NOBODY) & holds[who], who, NOBODY) for who in (sharer, second))
        if entry.payee == NEAREST_ABOVE:
            return np.where(sharer != NOBODY, sharer, second)
        if entry.payee in {SHARER, SECOND}:
            return sharer if entry.payee == SHARER else second
        # Rooms, notes and groups are not simulated.
        return np.full(len(buyer), NOBODY)

    def _nearest(self, holds: Mask) -> Ints:
        """The nearest above who holds: month by month, for who brought somebody came a month earlier."""
        nearest = np.full(len(self.parent), NOBODY, np.int64)
        start = self.first
        for end in self.ends:
            above = self.parent[start:end]
            found = np.where(holds[above], above, nearest[above])
            nearest[start:end] = np.where(above == NOBODY, NOBODY, found)
            start = end
        return nearest

    def _note(self, month: int, buyer: Ints, paid: Ints) -> None:
        self.has_bought[buyer] = True
        sharer = self.parent[buyer]
        second = np.where(sharer == NOBODY, NOBODY, self.parent[sharer])
        for metric, who, amount in (
            ("own_spend", buyer, paid),
            ("purchases", buyer, np.ones(len(buyer), np.int64)),
            ("own_sales", sharer, paid),
            ("sales_of_bound", second, paid),
        ):
            if metric in self.deeds:
                np.add.at(self.deeds[metric][month], who[who != NOBODY], amount[who != NOBODY])
        join = self.rules.document.join
        for role in join.grants if join.who == "buyers" else ():
            self.roles[role] |= self.has_bought

    def _climb(self, month: int) -> None:
        for role in self.rules.document.roles:
            held = self.roles[role.id]
            if role.lost and (month + 1) % {"month": 1, "quarter": 3, "year": 12}[role.lost.every] == 0:
                held &= self._reached(role.lost.needs, month)
            if role.reach:
                may = self.company if role.company else True
                held |= self._reached(role.reach, month) & may
            held[self.joined :] = False

    def _reached(self, condition: Condition, month: int) -> Mask:
        if condition.all or condition.any:
            parts = [self._reached(inner, month) for inner in condition.all or condition.any or ()]
            joined = np.logical_and if condition.all else np.logical_or
            return np.asarray(joined.reduce(parts), np.bool_)
        digits = self.rules.plan.digits if condition.metric in MONEY_METRICS else 0
        wanted = minor_units(condition.at_least, digits) if condition.at_least is not None else 0
        if condition.metric == "tasks":
            return np.zeros(len(self.parent), np.bool_)
        if condition.metric == "holders_below":
            above = self.parent[self.roles[str(condition.role)] & (self.parent != NOBODY)]
            return np.bincount(above, minlength=len(self.parent)) >= wanted
        since = max(month + 1 - _months_of(condition.window, month), 0)
        counted: Ints = self.deeds[str(condition.metric)][since : month + 1].sum(axis=0)
        return counted >= wanted

    def report(self) -> Report:
        """Sum up."""
        sales = sum(month.sales for month in self.history)
        paid_out = sum(month.paid_out for month in self.history)
        incomes = np.sort(self.income[self.income > 0])
        depth = self.depth[: self.joined]
        below = np.bincount(self.parent[self.parent != NOBODY], minlength=len(self.parent))
        grandchildren = np.zeros(len(self.parent), np.int64)
        has_parent = np.flatnonzero(self.parent != NOBODY)
        np.add.at(grandchildren, self.parent[has_parent], below[has_parent])
        return Report(
            months=tuple(self.history),
            by_earn=self.by_earn,
            cost_share=paid_out / max(sales, 1),
            margin_share=sum(month.margin for month in self.history) / max(sales, 1),
            lowest_margin=self.lowest,
            cut_orders=self.cut / max(self.settled, 1),
            earners=len(incomes),
            gini=_gini(incomes),
            top_ten_share=float(incomes[-10:].sum() / max(int(incomes.sum()), 1)),
            second_level_share=self.second_level / max(paid_out, 1),
            deepest=int(depth.max(initial=0)),
            mean_depth=float(depth.mean()) if len(depth) else 0.0,
            large_teams=int(((below + grandchildren >= 30) & (grandchildren > 0)).sum()),
        )


def _months_of(window: Window | None, month: int) -> int:
    """How many simulated months a window covers; the first month is a January."""
    if window is None:
        return month + 1
    if window.rolling_months or window.rolling_days:
        return window.rolling_months or -(-(window.rolling_days or 0) // 30)
    return month % {"month": 1, "quarter": 3, "year": 12}[window.calendar or "year"] + 1


def _gini(incomes: Ints) -> float:
    """0: all earn the same; near 1: one earns all. Among those who earn; ``incomes`` sorted upward."""
    count, total = len(incomes), int(incomes.sum())
    if not total:
        return 0.0
    ranked = float((np.arange(1, count + 1) * incomes).sum())
    return 2 * ranked / (count * total) - (count + 1) / count
