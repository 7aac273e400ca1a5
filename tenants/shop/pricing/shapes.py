"""What the shop's selectors return: small frozen views that touch no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a line, and for how much where it has no tables of freight. Amounts in minor units."""

    id: UUID
    name: str
    handling_days: int
    freight: int
    freight_free_from: int | None
    has_tables: bool


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with everything an order keeps of it. ``unit_cost`` is never shown to members."""

    line_id: UUID
    product_id: UUID
    variant_id: UUID
    sender: Sender
    sku: str
    titles: dict[str, str]
    title: str
    options: Sequence[str]
    image: str
    url: str
    kind: str
    categories: Sequence[str]
    tags: Sequence[str]
    quantity: int
    unit_price: int
    reduction: int
    unit_cost: int
    weight_grams: int
    shipping_template_id: UUID | None
    subsidy: int = 0
    subsidy_budget: UUID | None = None
    packet: int = 0
    allocation_id: UUID | None = None
    from_open: bool = False

    @property
    def supplier_id(self) -> UUID:
        """Whose line it is."""
        return self.sender.id

    @property
    def amount(self) -> int:
        """List price of the line."""
        return self.quantity * self.unit_price

    @property
    def paid(self) -> int:
        """What the shop gets for the line: from the buyer, and from subsidies."""
        return self.amount - self.reduction

    @property
    def to_pay(self) -> int:
        """What the buyer pays for the line."""
        return self.paid - self.subsidy - self.packet


@dataclass(frozen=True, slots=True)
class SupplierQuote:
    """What one supplier ships: its lines, freight, days until it is sent and then on the way.

    ``transit_days`` (least, most) is None where nobody said; not ``is_served``: nothing is sent there.
    """

    supplier_id: UUID
    supplier_name: str
    lines: Sequence[PricedLine]
    freight: int
    expected_days: int
    transit_days: tuple[int, int] | None = None
    is_served: bool = True

    @property
    def goods(self) -> int:
        """List price of the part's lines."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a cart would cost now. ``total`` = goods - reduction - subsidy - packet + freight.

    ``fee`` lies inside what the shop gets for the goods, subsidies included. ``is_first`` says whether it
    would be the buyer's first order; None where the rules do not ask.
    """

    parts: Sequence[SupplierQuote]
    goods: int
    reduction: int
    freight: int
    fee: int
    currency: str
    rules_version: int
    problems: Sequence[str]
    is_first: bool | None = None
    subsidy: int = 0
    packet: int = 0

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.goods - self.reduction - self.subsidy - self.packet + self.freight

    @property
    def lines(self) -> list[PricedLine]:
        """All lines, supplier by supplier."""
        return [line for part in self.parts for line in part.lines]

    @property
    def ships(self) -> bool:
        """True if something has to be sent to an address."""
        return any(line.kind == "physical" for line in self.lines)
