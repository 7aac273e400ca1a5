"""A product on its way into the catalogue, whatever file it came from. Amounts are minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IncomingVariant:
    """One choice of every option, placed as it comes unless it says its ``position``.

    ``quantity`` None: the file does not say; the stock of one that is there stays, for a new one somebody
    has to answer.

    Amounts None, all three of them: it has no price in this currency, and one that is there stays. With
    ``is_for_sale`` False it goes off sale: the file gives it no price.
    """

    options: tuple[str, ...]
    suggested: int | None
    cost: int | None
    minimum: int | None
    compare_at: int | None = None
    quantity: int | None = None
    sku: str = ""
    barcode: str = ""
    weight_grams: int = 0
    position: int | None = None
    is_for_sale: bool = True


@dataclass(frozen=True, slots=True)
class IncomingPicture:
    """A picture by its address; ``options`` names the variant it shows, None all of them."""

    url: str
    alt: Texts
    options: tuple[str, ...] | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class IncomingProduct:
    """A whole product: what is not in it is not in the catalogue afterwards.

    Languages that its texts do not have, a category of None, a voucher of None and a kind of "" leave what is
    there.
    """

    handle: str
    title: Texts
    description: Texts
    options: tuple[tuple[Texts, tuple[str, ...]], ...]
    variants: tuple[IncomingVariant, ...]
    pictures: tuple[IncomingPicture, ...] = ()
    kind: str = "physical"
    status: str = "active"
    category_id: UUID | None = None
    vendor: str = ""
    tags: tuple[str, ...] = ()
    region: str = ""
    voucher: Mapping[str, int | bool] | None = None
    line: int = 0


MAX_VARIANTS = 2048  # Shopify's own limit


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """What the file does not say: currency, cost where none is given, category, language of the texts.

    ``cost_bp``: cost in basis points of the price. ``categories``: slugs and names in small letters.
    ``unshipped``: what goods that need no shipping are, see ``answers.UNSHIPPED``.
    """

    currency: str
    cost_bp: int
    categories: Mapping[str, UUID]
    category_id: UUID | None = None
    language: str | None = None
    unshipped: str = ""
