"""What lies in a cart, and what it would cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from tenants.agents.bindings.attribution import NO_VISIT, Visit
from tenants.shop.cart.access import CartOwner
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.models import CartLine
from tenants.shop.offers.selectors import THUMB_WIDTH, _subsidy
from tenants.shop.pricing import selectors as pricing_selectors
from tenants.shop.pricing.shapes import Quote
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors


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


def cart_lines(owner: CartOwner) -> list[CartLine]:
    """Return the stored lines of this owner's cart, oldest first."""
    if owner.user_id is not None:
        return list(CartLine.objects.filter(cart__user_id=owner.user_id).order_by("id"))
    if owner.device:
        return list(CartLine.objects.filter(cart__device=owner.device).order_by("id"))
    return []


def cart_count(owner: CartOwner) -> int:
    """Return how many units lie in the cart."""
    return sum(line.quantity for line in cart_lines(owner))


def cart(owner: CartOwner, user: User | None = None, visit: Visit = NO_VISIT) -> CartView:
    """Return the cart with this person's present prices; what cannot be bought any more says so."""
    view = listing_selectors.overlay()
    lines = cart_lines(owner)
    wanted = {line.variant_id: line.quantity for line in lines}
    found = listing_selectors.offered_variants(view, variants=list(wanted))
    offers = {
        offer.variant_id: offer
        for offer in campaign_selectors.for_viewer(view, found, user=user, visit=visit, wanted=wanted)
    }
    keys = [offer.product.id for offer in offers.values()]
    own, images = listing_selectors.own_titles(keys), listing_selectors.pictures(keys)
    views = []
    for line in lines:
        offer = offers.get(line.variant_id)
        if offer is None:
            views.append(
                CartLineView(
                    line.id,
                    line.variant_id,
                    _("No longer on sale"),
                    (),
                    "",
                    "",
                    0,
                    line.quantity,
                    0,
                    _("This product is no longer on sale; remove it."),
                )
            )
            continue
        title = listing_selectors.title_of(offer.product, own)
        media = images.get(offer.product.id)
        views.append(
            CartLineView(
                line_id=line.id,
                variant_id=line.variant_id,
                title=title,
                options=tuple(offer.options),
                image=media[0].url_at(THUMB_WIDTH) if media else "",
                url=f"/p/{offer.product.supplier.code}/{offer.product.handle}/",
                unit_price=offer.price,
                quantity=line.quantity,
                available=offer.available,
                problem=pricing_selectors.shortage(title, offer.available)
                if line.quantity > offer.available
                else "",
                seen_price=None if offer.allocation_id or line.seen_price == offer.price else line.seen_price,
                subsidy=_subsidy(view, offer, offer.price),
            )
        )
    return CartView(views, sum(item.amount for item in views), view.tenant.currency)


def quote(
    *,
    owner: CartOwner,
    user: User | None,
    region: str = "",
    packet_id: UUID | None = None,
    visit: Visit = NO_VISIT,
) -> Quote:
    """Return what this owner's cart would cost this person now, sent to ``region``, split by supplier.

    ``packet_id`` is the red packet they would use; one that they cannot use counts for none.
    """
    wanted = [(line.id, line.variant_id, line.quantity) for line in cart_lines(owner)]
    packet = red_packet_selectors.usable(packet_id, user) if packet_id and user else None
    return pricing_selectors.make_quote(
        listing_selectors.overlay(), wanted=wanted, user=user, region=region, packet=packet, visit=visit
    )
