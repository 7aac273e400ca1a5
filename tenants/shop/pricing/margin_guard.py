"""The margin guard: does a price cover supply cost, platform fee and the most that the rules may pay out?

Where it does not, nobody loses money: earnings are cut when an order is split. But the shop then promises
what it will not pay, so a price like this is refused, with the lowest one that keeps the promise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product
from kernel.amounts import share_of
from kernel.errors import InvalidInput, NotFound
from kernel.money import format_money
from tenants.agents import selectors as agents
from tenants.agents.rules.parsing import Rules
from tenants.agents.rules.sale import Chain, Person, SaleLine, SaleOrder
from tenants.agents.rules.split import largest_saving, price_reductions, split_order
from tenants.shop.listings import selectors
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.assortment import break_even_price
from tenants.shop.listings.selectors import Overlay

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


@dataclass(frozen=True, slots=True)
class Goods:
    """What the rules may ask about goods."""

    product_id: UUID
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    cost: int


def goods_of(product: Product, cost: int, paths: Mapping[UUID, tuple[Category, ...]]) -> Goods:
    """Return a product at its supply cost, as the guard looks at it."""
    return Goods(product.id, listing_selectors.category_slugs(product, paths), tuple(product.tags), cost)


def worst_case(goods: Goods, price: int, *, rules: Rules, currency: str, fee_bp: int) -> WorstCase:
    """Return what one unit at ``price`` leaves when a first-time buyer saves the most and all are paid."""
    roles = frozenset(role.id for role in rules.document.roles)
    people = [Person(str(number), roles, company=True) for number in range(8)]
    line = SaleLine("1", str(goods.product_id), goods.categories, goods.tags, 1, price, goods.cost)
    saving = price_reductions([line], people[0], rules, first_order=True)["1"]
    saving = min(saving, largest_saving(price, break_even_price(goods.cost, fee_bp)))
    paid = price - saving
    fee = share_of(paid, fee_bp)
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
    # Where little or nothing is left, earnings are cut or fall away: with this "fee" there is enough.
    plenty = -(paid + goods.cost)
    split = split_order(SaleOrder("1", currency, (line._replace(paid=paid),), plenty), chain, rules)
    promised = sum(earning.amount for earning in split.earnings if earning.payee_kind != "tenant")
    return WorstCase(paid, saving, fee, promised, left=paid - goods.cost - fee - promised)


def least_kept(goods: Goods, *, rules: Rules, currency: str, fee_bp: int) -> int | None:
    """Return the lowest price at which the rules' promise is kept; None if there is none to be named."""
    low, high = break_even_price(goods.cost, fee_bp), max(1, goods.cost) * HIGHEST
    if not worst_case(goods, high, rules=rules, currency=currency, fee_bp=fee_bp).is_kept:
        return None
    while low < high:
        middle = (low + high) // 2
        if worst_case(goods, middle, rules=rules, currency=currency, fee_bp=fee_bp).is_kept:
            high = middle
        else:
            low = middle + 1
    return low


def check_price(view: Overlay, goods: Goods, price: int) -> None:
    """Raise InvalidInput if the rules in force could pay out more than ``price`` leaves."""
    rules = agents.active_rules()[1]
    currency, fee_bp = view.tenant.currency, view.tenant.platform_fee_bp
    found = worst_case(goods, price, rules=rules, currency=currency, fee_bp=fee_bp)
    if found.is_kept:
        return
    least = least_kept(goods, rules=rules, currency=currency, fee_bp=fee_bp)
    sums = {
        "paid": found.paid,
        "saving": found.saving,
        "cost": goods.cost,
        "fee": found.fee,
        "promised": found.promised,
        "missing": -found.left,
    }
    said = (
        _(
            "a buyer pays %(paid)s after saving %(saving)s by the rules; of this supply cost takes %(cost)s,"
            " the platform fee %(fee)s, and the rules may pay out %(promised)s: %(missing)s is missing"
        )
        if found.saving
        else _(
            "a buyer pays %(paid)s; of this supply cost takes %(cost)s, the platform fee %(fee)s, and the"
            " rules may pay out %(promised)s: %(missing)s is missing"
        )
    )
    raise InvalidInput(
        said % {name: format_money(amount, currency) for name, amount in sums.items()},
        field="price",
        value=format_money(price, currency),
        remedy=_("ask at least %(least)s, or lower the rates or the payout limit of the rules")
        % {"least": format_money(least, currency)}
        if least
        else _("lower the rates or the payout limit of the rules"),
        code="margin",
    )


def unkept(
    view: Overlay, offers: Sequence[listing_selectors.OfferedVariant]
) -> list[listing_selectors.OfferedVariant]:
    """Return those of the offered variants whose price the rules in force could exceed."""
    rules, paths = agents.active_rules()[1], listing_selectors.category_paths()
    return [
        offer
        for offer in offers
        if not worst_case(
            goods_of(offer.product, offer.cost, paths),
            offer.price,
            rules=rules,
            currency=view.tenant.currency,
            fee_bp=view.tenant.platform_fee_bp,
        ).is_kept
    ]


def require_price_covers(view: selectors.Overlay, product_id: UUID, variant_id: UUID, amount: int) -> None:
    """Raise InvalidInput for a price below what it must cover."""
    price = selectors.catalogue_price(view, product_id, variant_id)
    if price is None:
        raise NotFound(
            _("this variant has no price in the shop's currency"), field="variant_id", value=variant_id
        )
    least = max(price.minimum, break_even_price(price.cost, view.tenant.platform_fee_bp))
    if amount < least:
        raise InvalidInput(
            _("the price does not cover supply cost, platform fee and the lowest allowed price"),
            field="price",
            value=format_money(amount, view.tenant.currency),
            remedy=_("ask at least %(least)s") % {"least": format_money(least, view.tenant.currency)},
        )
    product = Product.objects.get(id=product_id)
    check_price(view, goods_of(product, price.cost, selectors.category_paths()), amount)
