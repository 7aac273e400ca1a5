"""The sales that were made, under another document: who would have gained, and who lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from kernel.money.amounts import share_of
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.sale.values import (
    MARGIN,
    PAYEE_MEMBER,
    Chain,
    SaleLine,
    SaleOrder,
    Spent,
    Split,
    SplitEarning,
)
from tenants.agents.rules.splitting.portions import portions
from tenants.agents.rules.splitting.savings import price_reductions
from tenants.agents.rules.splitting.split import split_order


class PastSale(NamedTuple):
    """A sale as it was made: ``lines`` at full price, the chain and the rules that were pinned to it.

    ``day`` is that of the payment, in the tenant's time zone. ``refunded`` says for a line how much of the
    goods paid for it went back, and how much that was of: (part, whole), minor units.
    """

    id: str
    currency: str
    lines: tuple[SaleLine, ...]
    platform_fee_bp: int
    chain: Chain
    rules: Rules
    day: date
    refunded: Mapping[str, tuple[int, int]] = MappingProxyType({})


@dataclass(slots=True)
class Pair:
    """An amount before and after, minor units."""

    before: int = 0
    after: int = 0

    @property
    def change(self) -> int:
        """What somebody gains, or with a minus loses."""
        return self.after - self.before


@dataclass(slots=True)
class Replay:
    """What the same sales come to. ``incomes`` and ``savings`` are keyed by the person's id."""

    orders: int = 0
    goods: Pair = field(default_factory=Pair)
    shop: Pair = field(default_factory=Pair)
    incomes: dict[str, Pair] = field(default_factory=dict)
    savings: dict[str, Pair] = field(default_factory=dict)

    def people(self) -> Pair:
        """What all people and companies together got."""
        pairs = self.incomes.values()
        return Pair(sum(pair.before for pair in pairs), sum(pair.after for pair in pairs))

    def gainers(self) -> list[tuple[str, Pair]]:
        """Those whose income would have been higher, most first."""
        return sorted(((k, p) for k, p in self.incomes.items() if p.change > 0), key=lambda kp: -kp[1].change)

    def losers(self) -> list[tuple[str, Pair]]:
        """Those whose income would have been lower, most first."""
        return sorted(((k, p) for k, p in self.incomes.items() if p.change < 0), key=lambda kp: kp[1].change)


def replay(sales: Iterable[PastSale], new: Rules) -> Replay:
    """Split every sale, oldest first, under its own rules and under ``new``, with its own chain.

    People keep the roles they held: a role that ``new`` calls otherwise earns nothing in it. Nobody is
    assumed to buy more or less for the change.
    """
    result, before, after = Replay(), _Purse(), _Purse()
    for sale in sales:
        result.orders += 1
        _add(result, sale, sale.rules, "before", before)
        _add(result, sale, new, "after", after)
    return result


class _Purse:
    """What the day and the month have already paid, under one of the two documents."""

    def __init__(self) -> None:
        self.day = date.min
        self.today: dict[str, int] = {}
        self.month = 0

    def spent(self, day: date) -> Spent:
        """What was paid before a sale on ``day``; days only go forward."""
        if day != self.day:
            self.month = self.month if (day.year, day.month) == (self.day.year, self.day.month) else 0
            self.day, self.today = day, {}
        return Spent(self.today, self.month)

    def note(self, earnings: Iterable[SplitEarning]) -> None:
        """Add the earnings of a sale that was split."""
        for earning in earnings:
            if earning.kind != MARGIN:
                self.month += earning.amount
            if earning.payee_kind == PAYEE_MEMBER:
                self.today[earning.payee_id] = self.today.get(earning.payee_id, 0) + earning.amount


def _add(result: Replay, sale: PastSale, rules: Rules, side: str, purse: _Purse) -> None:
    saved = price_reductions(
        sale.lines, sale.chain.buyer, rules, first_order=sale.chain.first, fee_bp=sale.platform_fee_bp
    )
    lines = tuple(line._replace(paid=line.paid - saved[line.id]) for line in sale.lines)
    paid = sum(line.paid for line in lines)
    order = SaleOrder(sale.id, sale.currency, lines, share_of(paid, sale.platform_fee_bp))
    split = split_order(order, sale.chain, rules, purse.spent(sale.day))
    kept = _kept(sale, order, split, rules)
    purse.note(earning._replace(amount=amount) for earning, amount in zip(split.earnings, kept, strict=True))
    _count(result.goods, side, sum(_left(sale, line.id, line.paid) for line in lines))
    stayed = sum(_left(sale, line_id, amount) for line_id, amount in saved.items())
    _count(result.savings.setdefault(sale.chain.buyer.id, Pair()), side, stayed)
    for earning, amount in zip(split.earnings, kept, strict=True):
        pair = result.shop if earning.kind == MARGIN else result.incomes.setdefault(earning.payee_id, Pair())
        _count(pair, side, amount)


def _kept(sale: PastSale, order: SaleOrder, split: Split, rules: Rules) -> list[int]:
    """What each earning keeps of a sale of which some goods went back."""
    if not sale.refunded:
        return [earning.amount for earning in split.earnings]
    return [
        sum(_left(sale, line.id, part) for line, part in zip(order.lines, parts, strict=True))
        for parts in portions(order, split, rules)
    ]


def _left(sale: PastSale, line_id: str, amount: int) -> int:
    """The part of ``amount`` that stays when as much of the line goes back as it did."""
    part, whole = sale.refunded.get(line_id, (0, 1))
    return amount - amount * part // whole


def _count(pair: Pair, side: str, amount: int) -> None:
    setattr(pair, side, getattr(pair, side) + amount)
