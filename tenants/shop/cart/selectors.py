"""What lies in a cart, and what it would cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from tenants.agents.attribution.selectors import NO_VISIT, Visit
from tenants.shop.cart.access import CartOwner, lines_of
from tenants.shop.cart.models import MAX_QUANTITY, CartLine
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.overlay import overlay
from tenants.shop.listings.selectors import THUMB_WIDTH
from tenants.shop.pricing import selectors as pricing_selectors
from tenants.shop.pricing.lines import PricedLine
from tenants.shop.pricing.selectors import Buyer, PriceQuote
from tenants.shop.promotions.red_packets import access as red_packet_access


@dataclass(frozen=True, slots=True)
class CartLineView:
    """A line of a cart; ``problem`` is empty or says in the reader's language what is wrong.

    ``seen_price`` is the unit price its owner saw last, if that has moved since. ``unit_price`` is the price
    before the subsidy, which is what a budget pays of each unit. ``image`` is a thumbnail. ``unpaid_order``:
    the number of their own unpaid order that has the units which are missing here.
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
    unpaid_order: str = ""


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as it stands, and what it costs; what cannot be bought any more is among its lines alone."""

    lines: Sequence[CartLineView]
    quote: PriceQuote

    @property
    def currency(self) -> str:
        """ISO 4217 code of all amounts."""
        return self.quote.currency

    @property
    def count(self) -> int:
        """Units in the cart, of all lines."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class RemovedLine:
    """Units of a variant that were taken out of a cart and can be put back."""

    variant_id: UUID
    title: str
    quantity: int


def removed_line(owner: CartOwner, variant_id: UUID, quantity: int) -> RemovedLine | None:
    """Return what was taken out of a cart; None if it lies there again, or is no longer on sale."""
    if not 0 < quantity <= MAX_QUANTITY or lines_of(owner).filter(variant_id=variant_id).exists():
        return None
    offers = listing_selectors.offered_variants(overlay(), variants=[variant_id])
    return RemovedLine(variant_id, offers[0].title, quantity) if offers else None


def cart_count(owner: CartOwner) -> int:
    """Return how many units lie in the cart."""
    return sum(lines_of(owner).values_list("quantity", flat=True))


def cart(owner: CartOwner, user: User | None = None, visit: Visit = NO_VISIT) -> CartView:
    """Return the cart with this person's present prices; what cannot be bought any more says so."""
    lines = list(lines_of(owner))
    quote = _quote(lines, user, visit)
    priced = {line.line_id: line for line in quote.lines}
    images = listing_selectors.pictures(line.product_id for line in quote.lines)
    views = []
    for line in lines:
        bought = priced.get(line.id)
        if bought is None:
            views.append(_gone(line))
            continue
        pictures = images.get(bought.product_id)
        image = pictures[0].url_at(THUMB_WIDTH) if pictures else ""
        views.append(_line_view(line, bought, image, quote.unpaid.get(line.variant_id, "")))
    return CartView(views, quote)


def _line_view(line: CartLine, priced: PricedLine, image: str, unpaid_order: str) -> CartLineView:
    offer = priced.offer
    is_as_seen = offer.allocation_id is not None or line.seen_price == offer.price
    return CartLineView(
        line_id=line.id,
        variant_id=line.variant_id,
        title=offer.title,
        options=tuple(offer.options),
        image=image,
        url=offer.url,
        unit_price=offer.price,
        quantity=line.quantity,
        available=offer.available,
        problem=pricing_selectors.shortage(offer, unpaid_order) if line.quantity > offer.available else "",
        unpaid_order=unpaid_order,
        seen_price=None if is_as_seen else line.seen_price,
        subsidy=priced.subsidy // line.quantity,
    )


def _gone(line: CartLine) -> CartLineView:
    problem = _("This product is no longer on sale; remove it.")
    title = _("No longer on sale")
    return CartLineView(line.id, line.variant_id, title, (), "", "", 0, line.quantity, 0, problem)


def moved_prices(owner: CartOwner, quote: PriceQuote) -> list[tuple[PricedLine, int]]:
    """Return the lines of a quote whose price has moved, each with the unit price its owner saw."""
    seen_prices = dict(lines_of(owner).values_list("id", "seen_price"))
    lines = [line for line in quote.lines if line.offer.allocation_id is None]
    return [
        (line, seen) for line in lines if (seen := seen_prices.get(line.line_id)) and seen != line.unit_price
    ]


def quote(
    *,
    owner: CartOwner,
    user: User | None,
    places: Sequence[str] = (),
    red_packet_id: UUID | None = None,
    visit: Visit = NO_VISIT,
    purchase: tuple[UUID, int] | None = None,
) -> PriceQuote:
    """Return what this owner's cart would cost this person now, sent to ``places``, split by supplier.

    ``red_packet_id`` is the red packet they would use; one that they cannot use counts for none. Instead of
    the cart a ``purchase``: units of one variant that are bought at once.
    """
    if purchase is not None:
        lines = [CartLine(variant_id=purchase[0], quantity=purchase[1])]
    else:
        lines = list(lines_of(owner))
    return _quote(lines, user, visit, places, red_packet_id)


def _quote(
    lines: Sequence[CartLine],
    user: User | None,
    visit: Visit,
    places: Sequence[str] = (),
    red_packet_id: UUID | None = None,
) -> PriceQuote:
    return pricing_selectors.quote(
        overlay(),
        [(line.id, line.variant_id, line.quantity) for line in lines],
        Buyer(user, visit),
        places=places,
        red_packet=red_packet_access.usable_red_packet(red_packet_id, user)
        if red_packet_id and user
        else None,
    )
