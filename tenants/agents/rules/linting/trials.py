"""Chains and sales that a document is tried on: who stands where, what is bought, what the engine pays then.

Every place in the line is held by every role that is paid for, alone and together, so that whatever a
document could pay somebody, it pays in one of these. Amounts are minor units of the document's currency.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from tenants.agents.rules.document.compiling import NEAREST_ABOVE, CompiledEarn
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.document.quantities import MILLION
from tenants.agents.rules.document.schema import GoodsFilter, Limits
from tenants.agents.rules.sale.values import Chain, Person, SaleLine, SaleOrder, Split
from tenants.agents.rules.splitting.split import split_order

ORDINARY_PRICE, SMALL_PRICE, LEAST_PRICE = 12_000, 5_000, 1_000
"""What sales come to where a document asks no more: an ordinary one, a small one for sums that are the same
for every sale, and the least that is tried."""
ORDINARY_MARGIN = 35
"""Percent of the price: what an ordinary sale leaves after its cost."""
LARGE_PRICE = 100_000_000
MANY = 8
IN_LINE = frozenset({"sharer", "second", "nearest_above"})
AROUND = ("streamer", "bringer", "author", "leader")


class Trial(NamedTuple):
    """One sale of the trials, and what came of it."""

    chain: Chain
    order: SaleOrder
    split: Split

    def position(self, payee_id: str) -> int:
        """Return how far above the buyer a payee stands, 1 for the sharer; 0 for somebody around the sale."""
        return next((at for at, person in enumerate(self.chain.above, 1) if person.id == payee_id), 0)


class Trials:
    """What a document does in all the trials; each kind is tried once, when it is first asked about."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.entries: dict[str, CompiledEarn] = {entry.earn_id: entry for entry in rules.compiled.earnings}
        self.roles = frozenset[str]().union(*(entry.payee_roles for entry in self.entries.values()))
        """Every role that some line of ``earn`` asks of its payee."""

    @cached_property
    def unlimited(self) -> tuple[Trial, ...]:
        """One large order of all kinds of goods under every chain, without limits: who can be paid at all."""
        unlimited = Rules(self.rules.document.model_copy(update={"limits": Limits()}))
        lines = _lines(self._filters, self._filters, self._large, 0)
        return tuple(self._trial(chain, lines, unlimited) for chain in self._chains())

    @cached_property
    def ordinary(self) -> tuple[Trial, ...]:
        """For each line of ``earn`` a sale of its goods at the least price it asks, of ordinary margin."""
        return tuple(
            self._trial(chain, (line,), self.rules)
            for price, part in self._prices()
            for line in _lines(self._filters, [part], price, _cost(price))
            for chain in self._short_chains()
        )

    @cached_property
    def large(self) -> tuple[Trial, ...]:
        """Large sales of one line that leave a single coin, or an ordinary margin."""
        price = self._large
        return tuple(
            self._trial(chain, (line,), self.rules)
            for cost in (price - 1, _cost(price))
            for line in _lines(self._filters, self._filters, price, cost)
            for chain in self._short_chains()
        )

    @cached_property
    def paid(self) -> frozenset[str]:
        """The ids of the lines of ``earn`` that pay somebody."""
        return frozenset(e.earn_id for trial in self.unlimited for e in trial.split.earnings) & set(
            self.entries
        )

    def _trial(self, chain: Chain, lines: tuple[SaleLine, ...], rules: Rules) -> Trial:
        order = SaleOrder("trial", self.rules.document.currency, lines)
        return Trial(chain, order, split_order(order, chain, rules))

    @cached_property
    def _filters(self) -> list[GoodsFilter]:
        return [earn.goods for earn in self.rules.document.earn if earn.id in self.entries]

    @cached_property
    def _large(self) -> int:
        return max(LARGE_PRICE, *(2 * entry.order_at_least for entry in self.entries.values()), 0)

    def _prices(self) -> list[tuple[int, GoodsFilter]]:
        prices = [_least_price(entry) for entry in self.entries.values()]
        return list(zip(prices, self._filters, strict=True))

    def _chain(self, *roles: frozenset[str], is_first: bool) -> Chain:
        above = tuple(_person(str(number), held) for number, held in enumerate(roles, 1))
        sharer, second = (*above[:2], None, None)[:2]
        buyer = _person("buyer", frozenset[str]().union(*(e.buyer_roles for e in self.entries.values())))
        around = {name: _person(name, self.roles) for name in AROUND}
        return Chain(buyer, sharer, second, above, first=is_first, **around)

    def _short_chains(self) -> Iterator[Chain]:
        """Everybody there; one person alone who sells in every place; or alone the one above the sharer."""
        for is_first in (True, False):
            both = self._chain(self.roles, self.roles, is_first=is_first)
            yield both
            alone = both._replace(second=None, above=both.above[:1])
            yield alone._replace(**dict.fromkeys(AROUND, both.sharer))
            # Nobody earns from their own purchase: a buyer who is the sharer leaves only the second.
            own = Person(both.buyer.id)
            yield both._replace(
                sharer=own,
                above=(own, *both.above[1:]),
                streamer=None,
                bringer=None,
                author=None,
                leader=None,
            )

    def _chains(self) -> Iterator[Chain]:
        """Sharer and second with every role or none, and beyond them one person for each role left."""
        of_line = [entry for entry in self.entries.values() if entry.payee_name in IN_LINE]
        names = sorted(frozenset[str]().union(*(entry.payee_roles for entry in of_line)))
        named = [entry for entry in of_line if entry.payee != NEAREST_ABOVE]
        near = sorted(frozenset[str]().union(*(entry.payee_roles for entry in named)))[:MANY]
        starts = [frozenset[str](), *(frozenset({name}) for name in (names if len(names) <= MANY else near))]
        for is_first in (True, False):
            yield self._chain(self.roles, self.roles, self.roles, is_first=is_first)
            for sharer in starts:
                for second in starts:
                    beyond = [frozenset({name}) for name in names if name not in sharer | second]
                    yield self._chain(sharer, second, *beyond, is_first=is_first)


def _person(name: str, roles: frozenset[str]) -> Person:
    # Anybody may register a company, so everybody here has one.
    return Person(name, roles, company=True)


def _least_price(entry: CompiledEarn) -> int:
    """The price of a sale in which a line of ``earn`` weighs most: as low as it pays all that it may."""
    price = ORDINARY_PRICE if entry.rate else SMALL_PRICE
    if entry.rate and entry.cap is not None:
        base = entry.cap * MILLION // entry.rate
        price = min(price, base * 100 // ORDINARY_MARGIN if entry.on_margin else base)
    return max(entry.order_at_least or price, LEAST_PRICE)


def _cost(price: int) -> int:
    return price * (100 - ORDINARY_MARGIN) // 100


def _lines(
    known: Sequence[GoodsFilter], chosen: Sequence[GoodsFilter], price: int, cost: int
) -> tuple[SaleLine, ...]:
    """Goods that each of the ``chosen`` filters takes, alone or with as many of the ``known`` as can be."""
    categories = sorted({name for part in known for name in part.categories})
    tags = sorted({name for part in known for name in part.tags})
    products = sorted({name for part in known for name in part.products})
    goods = {(product, tuple(categories), tuple(tags)) for product in (*products[:MANY], "other")}
    for part in chosen:
        sold = [name for name in part.products or ("other",) if name not in part.not_products][:1]
        alone = _left(part.categories, part.not_categories)[:1], _left(part.tags, part.not_tags)[:1]
        together = _left(categories, part.not_categories), _left(tags, part.not_tags)
        goods |= {(product, *about) for product in sold for about in (alone, together)}
    return tuple(
        SaleLine(str(number), product, of_categories, of_tags, 1, price, cost)
        for number, (product, of_categories, of_tags) in enumerate(sorted(goods), 1)
    )


def _left(names: Sequence[str], refused: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in refused)
