"""What the engine takes about one sale, and what it returns. Plain values; amounts are minor units."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tenants.agents.rules.sale import sentences

MARGIN = "margin"

PAYEE_MEMBER = "member"
PAYEE_COMPANY = "company"
PAYEE_TENANT = "tenant"


class Person(NamedTuple):
    """Somebody in the chain: the ``roles`` held at that moment, ``company`` if they are a registered one."""

    id: str
    roles: frozenset[str] = frozenset()
    company: bool = False


class Chain(NamedTuple):
    """Who brought the buyer, frozen when the order was placed.

    ``first`` is true if the buyer had bought nothing before.
    ``above`` is the whole line upward, nearest first, and begins with the sharer. ``streamer``, ``bringer``,
    ``author`` and ``leader`` are the people of the live room, the note or the group the sale came through.
    """

    buyer: Person
    sharer: Person | None = None
    second: Person | None = None
    above: tuple[Person, ...] = ()
    streamer: Person | None = None
    bringer: Person | None = None
    author: Person | None = None
    leader: Person | None = None
    first: bool = False


NAMED = ("sharer", "second", "streamer", "bringer", "author", "leader")
"""The fields of a chain that name one person each, beside the buyer."""


class SaleLine(NamedTuple):
    """One line: ``paid`` and ``cost`` are for the whole line, not per unit.

    For ``price_reductions`` ``paid`` is what the line would cost without any saving.
    """

    id: str
    product: str
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    quantity: int
    paid: int
    cost: int


class SaleOrder(NamedTuple):
    """One sale in one currency. Freight is no part of it: it passes through to whoever ships.

    ``platform_fee`` leaves before anything is split.
    """

    id: str
    currency: str
    lines: tuple[SaleLine, ...]
    platform_fee: int = 0


class Spent(NamedTuple):
    """What earlier sales have used up of the limits, net of what was clawed back, in minor units.

    ``today`` is what each payee earned as commission today, by their id; ``month`` is what all payees
    together got this month. Day and month are those of the tenant's time zone, and of the moment that the
    sale was paid. Only rules with ``limited_by_time`` look at it; with it pinned to the sale, splitting
    again gives the same earnings.
    """

    today: Mapping[str, int] = MappingProxyType({})
    month: int = 0


NOTHING_SPENT = Spent()


class SplitEarning(NamedTuple):
    """What one payee gets of a sale. Says nothing about whether it was paid out.

    ``level`` is 1 for the sharer, 2 for the sharer's sharer, 0 for everybody else. The last six fields are
    the reason, from which ``why`` is written when somebody asks.
    """

    payee_kind: str
    payee_id: str
    kind: str
    earn_id: str
    level: int
    amount: int
    payee: str
    currency: str
    rate: int
    base: str
    base_amount: int
    promised: int
    cut: str
    version: int

    @property
    def why(self) -> dict[str, str]:
        """The sentence that explains the amount to the shop, in both languages."""
        return sentences.explain(self)

    @property
    def payee_why(self) -> dict[str, str]:
        """The sentence that explains the amount to whoever gets it."""
        return sentences.explain_to_payee(self)


class Split(NamedTuple):
    """The earnings of one sale, margin last; they sum exactly to ``distributable``.

    ``distributable`` = paid - cost - platform fee, and is negative when goods sold below their cost.
    """

    order_id: str
    currency: str
    version: int
    buyer_id: str
    sharer_id: str
    paid: int
    distributable: int
    earnings: tuple[SplitEarning, ...]
