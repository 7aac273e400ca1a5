"""What a document would cost and whom it would enrich: a seeded population that shares, binds, buys, returns.

Vectorised with numpy; the same rules, population and seed give the same report. An order is one basket of one
kind of goods; rules that look at goods apply to a fixed part of the baskets. Money is in minor units.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tenants.agents.rules.document.compiling import NEAREST_ABOVE, CompiledEarn, minor_units
from tenants.agents.rules.document.parsing import Rules, reach_conditions
from tenants.agents.rules.document.quantities import MILLION
from tenants.agents.rules.document.schema import MONEY_METRICS, Condition
from tenants.agents.rules.people.recruiting import headcount_lines
from tenants.agents.rules.sale.values import NAMED, Chain
from tenants.agents.rules.simulation.batches import months_of, within_budget, within_day
from tenants.agents.rules.simulation.concentration import gini, lorenz, share_of_top
from tenants.agents.rules.simulation.population import Population, Report, SimulatedMonth
from tenants.agents.rules.splitting.savings import largest_saving, lowest_price

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
NOBODY = -1
SHARER, SECOND, STREAMER, BRINGER, AUTHOR, LEADER = (Chain._fields.index(name) for name in NAMED)


def simulate(
    rules: Rules,
    population: Population,
    *,
    months: int = 12,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Let ``population`` live under ``rules`` for ``months``; ``progress`` is called with each month done."""
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
        self.was_lost = {role.id: np.zeros(size, np.bool_) for role in rules.document.roles if role.lost}
        metrics = {str(leaf.metric) for _place, leaf in reach_conditions(rules.document)}
        self.counts = {metric: np.zeros((months, size), np.int64) for metric in metrics - {"holders_below"}}
        self.sold = np.zeros(size, np.int64)
        self.brought = np.zeros(size, np.int64)
        self.by_earn = {entry.earn_id: 0 for entry in rules.compiled.earnings}
        self.by_heads = headcount_lines(rules.document)
        self.second_level = self.recruiting = self.cut = self.split_orders = 0
        self.history: list[SimulatedMonth] = []

    def live(self, month: int) -> None:
        """Join, buy, split the orders, and reach roles."""
        self._join(0, self.first) if month == 0 else None
        self._join(self.joined, self.ends[month], month)
        recruited = self.recruiting
        sales, saved, orders, paid_out, margin, lowest = self._trade(month)
        if "tasks" in self.counts:
            tasks = self.random.poisson(self.population.tasks_each_month, self.joined)
            self.counts["tasks"][month, : self.joined] = tasks
        self._climb(month)
        counts = {name: int(held[: self.joined].sum()) for name, held in self.roles.items()}
        from_recruiting = self.recruiting - recruited
        self.history.append(
            SimulatedMonth(
                month + 1,
                self.joined,
                orders,
                sales,
                saved,
                paid_out,
                margin,
                from_recruiting,
                lowest,
                counts,
            )
        )

    def _join(self, start: int, end: int, month: int = 0) -> None:
        if end <= start:
            return
        self.joined = end
        if start:
            self._bind(start, end)
            bound = np.flatnonzero(self.parent[start:end] != NOBODY) + start
            self.depth[bound] = self.depth[self.parent[bound]] + 1
            fans = np.bincount(self.parent[bound], minlength=len(self.parent))
            self.brought += fans
            if "bound_fans" in self.counts:
                self.counts["bound_fans"][month] += fans
        document = self.rules.document
        for name in document.join.grants if document.join.who != "buyers" else ():
            invited = self.parent[start:end] != NOBODY
            self.roles[name][start:end] = invited if document.join.who == "invited" else True
        for role in document.roles:
            if role.reach is None and role.id not in document.join.grants:
                # Given by hand, and likelier to those who share well.
                likely = self.population.hand_percent / 100 * self.appeal / self.appeal.mean()
                chosen = self.random.random(end - start) < likely[start:end]
                self.roles[role.id][start:end] = chosen & (self.company[start:end] | (not role.company))

    def _bind(self, start: int, end: int) -> None:
        """Say who brought the newcomers: the better somebody is at sharing, the more come through them."""
        ladder = np.cumsum(self.appeal[:start])
        through = self.random.random(end - start) < self.population.bound_percent / 100
        waiting = np.flatnonzero(through) + start
        left = self._invitations(start)
        # Where invitations are rationed, whoever finds one sharer without any asks another, a few times.
        for _attempt in range(1 if left is None else 6):
            chosen = np.searchsorted(ladder, self.random.random(len(waiting)) * ladder[-1])
            chosen = np.minimum(chosen, start - 1)
            if left is None:
                self.parent[waiting] = chosen
                return
            order = np.argsort(chosen, kind="stable")
            ranked = np.empty(len(order), np.int64)
            ranked[order] = np.arange(len(order)) - np.searchsorted(chosen[order], chosen[order])
            welcome = ranked < left[chosen]
            self.parent[waiting[welcome]] = chosen[welcome]
            left -= np.bincount(chosen[welcome], minlength=len(left))
            waiting = waiting[~welcome]

    def _invitations(self, start: int) -> Ints | None:
        """How many people each may still bring by code; None where nothing is rationed."""
        document = self.rules.document
        if document.invites is None or set(document.bind.by) != {"code"}:
            return None
        earned = np.full(start, document.invites.at_start, np.int64)
        if document.invites.one_per_own_sales:
            price = minor_units(document.invites.one_per_own_sales, self.rules.compiled.digits)
            earned += self.sold[:start] // price
        left: Ints = np.maximum(earned - self.brought[:start], 0)
        return left

    def _trade(self, month: int) -> tuple[int, int, int, int, int, float]:
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
        payment_fee = (paid * people.payment_fee_percent / 100).astype(np.int64)
        kept = random.random(count) >= people.return_percent / 100
        paid_out = self._split_orders(buyer, paid, cost, left, matching, first, kept)
        self._note(month, buyer[kept], paid[kept])
        goods, out = int(paid[kept].sum()), int(paid_out[kept].sum())
        # Goods that leave nothing are no matter of the rules: they pay nobody.
        lowest = float(((left - paid_out - payment_fee) / np.maximum(paid, 1))[left > 0].min(initial=1.0))
        margin_left = int(left[kept].sum()) - out - int(payment_fee.sum())
        return goods, int(saved[kept].sum()), int(kept.sum()), out, margin_left, lowest

    def _savings(self, buyer: Ints, full: Ints, cost: Ints, matching: Mask, first: Mask) -> Ints:
        saved = np.zeros(len(buyer), np.int64)
        people = self.population
        fee_bp = round((people.platform_fee_percent + people.payment_fee_percent) * 100)
        most = largest_saving(full, lowest_price(cost, self.rules, fee_bp))
        for entry in self.rules.compiled.reductions:
            applies = self._applies(entry, buyer, full, matching, first)
            amount = full * entry.rate // MILLION if entry.rate else np.full(len(buyer), entry.fixed)
            amount = amount if entry.cap is None else np.minimum(amount, entry.cap)
            saved = np.minimum(saved + np.where(applies, amount, 0), most)
        return saved

    def _applies(self, entry: CompiledEarn, buyer: Ints, paid: Ints, matching: Mask, first: Mask) -> Mask:
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

    def _split_orders(
        self, buyer: Ints, paid: Ints, cost: Ints, left: Ints, matching: Mask, first: Mask, kept: Mask
    ) -> Ints:
        compiled, around = self.rules.compiled, self._around(buyer)
        earnings: list[tuple[CompiledEarn, Ints, Ints]] = []
        for entry in compiled.earnings:
            payee = self._payee(entry, buyer, around)
            applies = self._applies(entry, buyer, paid, matching, first) & (payee != NOBODY) & (left > 0)
            base = paid - cost if entry.on_margin else paid
            amount = base * entry.rate // MILLION if entry.rate else np.full(len(buyer), entry.fixed)
            amount = amount if entry.cap is None else np.minimum(amount, entry.cap)
            earnings.append((entry, payee, np.where(applies, np.maximum(amount, 0), 0)))
        if compiled.per_person_day is not None:
            personal = [position for position, earning in enumerate(earnings) if not earning[0].company]
            payees, promised = [earnings[at][1] for at in personal], [earnings[at][2] for at in personal]
            kept_within = within_day(payees, promised, compiled.per_person_day)
            for at, amount in zip(personal, kept_within, strict=True):
                earnings[at] = (*earnings[at][:2], amount)
        total = sum((amount for _entry, _payee, amount in earnings), np.zeros(len(buyer), np.int64))
        ceiling = np.maximum(left, 0)
        if compiled.payout_rate is not None:
            limit = (paid - cost if compiled.payout_of_margin else paid) * compiled.payout_rate // MILLION
            ceiling = np.minimum(ceiling, np.maximum(limit, 0))
        if compiled.budget_month is not None:
            ceiling = within_budget(ceiling, total, compiled.budget_month)
        too_much = total > ceiling
        paid_out = np.zeros(len(buyer), np.int64)
        sharer = self.parent[buyer]
        for entry, payee, amount in earnings:
            cut = np.where(too_much, amount * ceiling // np.maximum(total, 1), amount)
            kept_amount = np.where(kept, cut, 0)
            np.add.at(self.income, payee[payee != NOBODY], kept_amount[payee != NOBODY])
            whole = int(kept_amount.sum())
            self.by_earn[entry.earn_id] += whole
            second = whole if entry.level == 2 else 0
            if entry.payee == NEAREST_ABOVE and not entry.company:
                second = int(kept_amount[payee != sharer].sum())
            self.second_level += second
            self.recruiting += whole if entry.earn_id in self.by_heads and not entry.company else second
            paid_out += cut
        self.cut += int(too_much.sum())
        self.split_orders += len(buyer)
        return paid_out

    def _around(self, buyer: Ints) -> dict[int, Ints]:
        """Who streams, wrote or leads where each order is made; only what rules pay for costs time."""
        people, count, paid = (
            self.population,
            len(buyer),
            {entry.payee for entry in self.rules.compiled.earnings},
        )
        around: dict[int, Ints] = {}
        in_room = self.random.random(count) < people.room_percent / 100
        if paid & {STREAMER, BRINGER}:
            around[STREAMER] = np.where(in_room, self._popular(STREAMER, count), NOBODY)
            around[BRINGER] = np.where(in_room, self.parent[buyer], NOBODY)
        if AUTHOR in paid:
            through_note = self.random.random(count) < people.note_percent / 100
            around[AUTHOR] = np.where(through_note, self._popular(AUTHOR, count), NOBODY)
        if LEADER in paid:
            in_group = self.random.random(count) < people.group_percent / 100
            leaders, most = np.flatnonzero(self._candidates(LEADER)), max(self.joined // 100, 1)
            if len(leaders) > most:
                leaders = np.sort(leaders[np.argpartition(self.appeal[leaders], -most)[-most:]])
            # A neighbourhood keeps its leader.
            own = leaders[buyer % len(leaders)] if len(leaders) else np.full(count, NOBODY)
            around[LEADER] = np.where(in_group, own, NOBODY)
        return around

    def _candidates(self, payee: int) -> Mask:
        """Those whom any line with this payee could pay."""
        role_lists = [entry.payee_roles for entry in self.rules.compiled.earnings if entry.payee == payee]
        joined = np.arange(len(self.parent)) < self.joined
        return joined if not all(role_lists) else joined & self._holds(frozenset().union(*role_lists))

    def _popular(self, payee: int, count: int) -> Ints:
        """Somebody for each order; the better somebody is at sharing, the more is sold through them."""
        ladder = np.cumsum(np.where(self._candidates(payee), self.appeal, 0))
        if not ladder[-1]:
            return np.full(count, NOBODY)
        chosen: Ints = np.searchsorted(ladder, self.random.random(count) * ladder[-1], side="right")
        return np.minimum(chosen, len(ladder) - 1)

    def _payee(self, entry: CompiledEarn, buyer: Ints, around: dict[int, Ints]) -> Ints:
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
        who = around[entry.payee]
        return np.where((who != NOBODY) & (who != buyer) & holds[who], who, NOBODY)

    def _nearest(self, holds: Mask) -> Ints:
        """The nearest above who holds: month by month, for who brought somebody came a month earlier."""
        nearest = np.full(len(self.parent), NOBODY, np.int64)
        start = self.first
        for end in self.ends:
            above = self.parent[start:end]
            holder = np.where(holds[above], above, nearest[above])
            nearest[start:end] = np.where(above == NOBODY, NOBODY, holder)
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
            if metric in self.counts:
                np.add.at(self.counts[metric][month], who[who != NOBODY], amount[who != NOBODY])
        np.add.at(self.sold, sharer[sharer != NOBODY], paid[sharer != NOBODY])
        join = self.rules.document.join
        for role in join.grants if join.who == "buyers" else ():
            self.roles[role] |= self.has_bought

    def _climb(self, month: int) -> None:
        for role in self.rules.document.roles:
            held = self.roles[role.id]
            if role.lost and (month + 1) % {"month": 1, "quarter": 3, "year": 12}[role.lost.every] == 0:
                fails = held & ~self._reached(role.lost.needs, month)
                self.was_lost[role.id] |= fails
                held &= ~fails
            if role.reach:
                gains = self._reached(role.reach, month) & (self.company if role.company else True)
                if role.lost:
                    gains &= ~self.was_lost[role.id] | self._reached(role.lost.needs, month)
                held |= gains
            held[self.joined :] = False

    def _reached(self, condition: Condition, month: int) -> Mask:
        if condition.all or condition.any:
            parts = [self._reached(inner, month) for inner in condition.all or condition.any or ()]
            joined = np.logical_and if condition.all else np.logical_or
            return np.asarray(joined.reduce(parts), np.bool_)
        digits = self.rules.compiled.digits if condition.metric in MONEY_METRICS else 0
        threshold = minor_units(condition.at_least, digits) if condition.at_least is not None else 0
        if condition.metric == "holders_below":
            above = self.parent[self.roles[str(condition.role)] & (self.parent != NOBODY)]
            return np.bincount(above, minlength=len(self.parent)) >= threshold
        since = max(month + 1 - months_of(condition.window, month), 0)
        counted: Ints = self.counts[str(condition.metric)][since : month + 1].sum(axis=0)
        return counted >= threshold

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
            lowest_margin=min((month.lowest_margin for month in self.history), default=1.0),
            cut_orders=self.cut / max(self.split_orders, 1),
            earners=len(incomes),
            gini=gini(incomes),
            top_ten_share=share_of_top(incomes, 10),
            top_tenth_share=share_of_top(incomes, -(-len(incomes) // 10)),
            top_ten_sales=share_of_top(np.sort(self.sold), 10, sales),
            second_level_share=self.second_level / max(paid_out, 1),
            recruiting_share=self.recruiting / max(paid_out, 1),
            deepest=int(depth.max(initial=0)),
            mean_depth=float(depth.mean()) if len(depth) else 0.0,
            large_teams=int(((below + grandchildren >= 30) & (grandchildren > 0)).sum()),
            lorenz=lorenz(incomes),
            depths=tuple(int(count) for count in np.bincount(depth)),
        )
