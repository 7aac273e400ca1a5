"""The margin guard: does a price cover supply cost, fees and the most that the rules may pay out?

The fees are the platform's, and what payment providers keep where the shop's margin bears that.

Where it does not, nobody loses money: earnings are cut when an order is split. But the shop then promises
what it will not pay, so a price like this is refused, with the lowest one that keeps the promise. That a
saving never goes below cost is another rule: ``tenants.agents.rules.splitting.savings``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.models import Price
from kernel.errors import InvalidInput, NotFound
from kernel.money.amounts import share_of
from kernel.money.money import format_money
from tenants.agents.rules.sale.values import Chain, Person, SaleOrder
from tenants.agents.rules.splitting.savings import break_even_price
from tenants.agents.rules.splitting.split import split_order
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.overlay import Overlay
from tenants.shop.listings.selectors import OfferedVariant
from tenants.shop.pricing.selectors import price_lines

HIGHEST = 100
"""No price above so many times the supply cost is looked for: rules that want more want too much."""


@dataclass(frozen=True, slots=True)
class WorstCase:
    """One unit sold when everybody the rules could pay is there. Amounts in minor units.

    ``promised`` is what the rules pay out if there is enough of it; ``saving`` is taken off the price before.
    """

    paid: int
    saving: int
    fee: int
    promised: int
    left: int

    @property
    def is_kept(self) -> bool:
        """Nothing of what is promised has to be cut for want of margin."""
        return self.left >= 0 or not self.promised


def worst_case(view: Overlay, offer: OfferedVariant) -> WorstCase:
    """Return what one unit leaves when a first-time buyer saves the most and all are paid."""
    roles = frozenset(role.id for role in view.rules.document.roles)
    people = [Person(str(number), roles, company=True) for number in range(8)]
    # A subsidy is money that the shop gets: it changes nothing here.
    plain, item = replace(view, subsidies=()), (offer.variant_id, offer, 1)
    [line] = price_lines(plain, [item], people[0], first_order=True)
    fee = share_of(line.paid, view.covered_bp)
    chain = Chain(
        buyer=people[0],
        sharer=people[1],
        second=people[2],
        above=(people[1], people[2], people[3]),
        streamer=people[4],
        bringer=people[5],
        author=people[6],
        leader=people[7],
        first=True,
    )
    # Where little or nothing is left to divide, earnings are cut: with this "fee" there is enough.
    plenty = -(line.paid + line.cost)
    split = split_order(SaleOrder("1", view.currency, (line.as_sale(),), plenty), chain, view.rules)
    promised = sum(earning.amount for earning in split.earnings if earning.payee_kind != "tenant")
    return WorstCase(line.paid, line.saving, fee, promised, left=line.paid - line.cost - fee - promised)


def least_kept(view: Overlay, offer: OfferedVariant) -> int | None:
    """Return the lowest price at which the rules' promise is kept; None if there is none to be named."""

    def is_kept(price: int) -> bool:
        return worst_case(view, replace(offer, price=price)).is_kept

    low, high = break_even_price(offer.cost, view.covered_bp), max(1, offer.cost) * HIGHEST
    if not is_kept(high):
        return None
    while low < high:
        middle = (low + high) // 2
        if is_kept(middle):
            high = middle
        else:
            low = middle + 1
    return low


def check_promise(view: Overlay, offer: OfferedVariant) -> None:
    """Raise InvalidInput if the rules in force could pay out more than the offer's price leaves."""
    worst = worst_case(view, offer)
    if worst.is_kept:
        return
    least = least_kept(view, offer)
    sums = {
        "paid": worst.paid,
        "saving": worst.saving,
        "cost": offer.cost,
        "fee": worst.fee,
        "promised": worst.promised,
        "missing": -worst.left,
    }
    text = (
        _(
            "a buyer pays %(paid)s after saving %(saving)s by the rules; of this supply cost takes %(cost)s,"
            " the fees %(fee)s, and the rules may pay out %(promised)s: %(missing)s is missing"
        )
        if worst.saving
        else _(
            "a buyer pays %(paid)s; of this supply cost takes %(cost)s, the fees %(fee)s, and the"
            " rules may pay out %(promised)s: %(missing)s is missing"
        )
    )
    raise InvalidInput(
        text % {name: format_money(amount, view.currency) for name, amount in sums.items()},
        field="price",
        value=format_money(offer.price, view.currency),
        remedy=_("ask at least %(least)s, or lower the rates or the payout limit of the rules")
        % {"least": format_money(least, view.currency)}
        if least
        else _("lower the rates or the payout limit of the rules"),
        code="margin",
    )


def broken_promises(view: Overlay, offers: Sequence[OfferedVariant]) -> list[OfferedVariant]:
    """Return those of the offers whose price the rules in force could exceed."""
    return [offer for offer in offers if not worst_case(view, offer).is_kept]


def check_price(view: Overlay, product_id: UUID, variant_id: UUID, amount: int) -> None:
    """Raise InvalidInput for a price (minor units) below what it must cover, NotFound for no such variant."""
    rows = Price.objects.select_related("variant__product", "variant__stock")
    row = rows.filter(variant_id=variant_id, variant__product_id=product_id, currency=view.currency).first()
    if row is None:
        raise NotFound(
            _("this variant has no price in the shop's currency"), field="variant_id", value=variant_id
        )
    least = max(row.minimum, break_even_price(row.cost, view.covered_bp))
    if amount < least:
        raise InvalidInput(
            _("the price does not cover supply cost, platform fee and the lowest allowed price"),
            field="price",
            value=format_money(amount, view.currency),
            remedy=_("ask at least %(least)s") % {"least": format_money(least, view.currency)},
        )
    check_promise(view, listing_selectors.offer_at(view, row, amount))
