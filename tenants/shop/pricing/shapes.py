"""What the shop's selectors return: small frozen views that touch no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A product as a list shows it. Prices in minor units; ``member_price`` is after the till's saving.

    ``image_widths``: the picture in several widths as an img element's srcset; "" if there is only one.
    """

    product_id: UUID
    supplier_code: str
    handle: str
    title: str
    image: str
    price: int
    compare_at: int | None
    member_price: int
    currency: str
    kind: str
    sold_out: bool
    image_widths: str = ""
    subsidy: int = 0
    """What a subsidy budget pays of ``price`` and of ``member_price``, which are without it already."""

    @property
    def url(self) -> str:
        """Path of the product's page."""
        return f"/p/{self.supplier_code}/{self.handle}/"


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list. ``has_more``: of a search, that more than ``total`` match."""

    items: Sequence[Card]
    page: int
    pages: int
    total: int
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class VariantOffer:
    """A variant as it can be bought now; ``options`` has one value per product option."""

    variant_id: UUID
    options: Sequence[str]
    price: int
    compare_at: int | None
    member_price: int
    available: int
    image: str
    subsidy: int = 0
    campaign_until: datetime | None = None
    """Until when price and units are those of a campaign; None: the shop's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetail(Card):
    """A product's page. ``description_html`` is sanitised; ``sharing_earns`` is for this viewer, or None.

    ``widths``: of the pictures that we keep in several widths, srcset and the address of a thumbnail.
    """

    description_html: str
    options: Sequence[dict[str, Any]]
    variants: Sequence[VariantOffer]
    images: Sequence[str]
    widths: Mapping[str, tuple[str, str]]
    supplier_name: str
    freight: int
    freight_free_from: int | None
    handling_days: int
    category_slug: str
    category_name: str
    tags: Sequence[str]
    sharing_earns: int | None


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A category with something to buy in it or below."""

    slug: str
    name: str
    count: int
    children: Sequence["CategoryNode"] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class CartLineView:
    """A line of a cart; ``problem`` is empty or says in the reader's language what is wrong.

    ``seen_price`` is the unit price at which it was put in, if that has moved since.
    """

    line_id: UUID
    variant_id: UUID
    title: str
    options: Sequence[str]
    image: str
    url: str
    unit_price: int
    quantity: int
    available: int
    problem: str
    seen_price: int | None = None
    subsidy: int = 0
    """What a subsidy budget pays of each unit; ``unit_price`` is the price before it."""

    @property
    def amount(self) -> int:
        """List price of the whole line."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as it stands; ``goods`` at list price."""

    lines: Sequence[CartLineView]
    goods: int
    currency: str

    @property
    def count(self) -> int:
        """Units in the cart."""
        return sum(line.quantity for line in self.lines)


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
class QuotePart:
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

    parts: Sequence[QuotePart]
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


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of an order part."""

    carrier: str
    tracking_number: str
    shipped_at: datetime


@dataclass(frozen=True, slots=True)
class VoucherView:
    """A voucher as its holder shows it: ``code`` in groups of four, ``picture`` its QR code as SVG."""

    title: str
    code: str
    picture: str
    uses: int
    left: int
    expires_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class OrderPart:
    """What one supplier sends of an order: parcels, or vouchers."""

    supplier_order_id: UUID | None
    supplier_name: str
    number: str
    state: str
    freight: int
    lines: Sequence[Any]
    parcels: Sequence[Parcel]
    vouchers: Sequence[VoucherView]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its buyer sees it; ``order`` is the row, without supply cost in any template."""

    order: Any
    parts: Sequence[OrderPart]
    can_pay: bool
    can_cancel: bool
    can_receive: bool
