"""One price: from variants, a buyer, a place and a moment to offers and priced lines.

Lists, product pages, cart, checkout, margin guard and partners' orders all come here. The moment is the
overlay; the buyer says what the agents' rules and campaigns give; the place decides freight.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from billing.payments import limits
from kernel.errors import InvalidInput
from kernel.money.amounts import share_of
from kernel.money.money import format_money
from tenants.agents.attribution import selectors as attribution_selectors
from tenants.agents.attribution.selectors import NO_VISIT, Visit
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.members import selectors as member_selectors
from tenants.agents.rules.sale.values import Chain, Person, SaleLine
from tenants.agents.rules.splitting.savings import largest_saving, lowest_price, savings_by_rule
from tenants.shop.cart.models import MAX_LINES
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.overlay import Overlay
from tenants.shop.listings.selectors import OfferedVariant
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.pricing import freight
from tenants.shop.pricing.freight import SupplierQuote
from tenants.shop.pricing.lines import PricedLine, sale_line
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.goods_subsidies.selectors import RunningSubsidy
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors
from tenants.shop.promotions.red_packets.models import RedPacket

NOTHING_UNPAID: Mapping[UUID, str] = MappingProxyType({})


class Buyer:
    """Somebody who buys, and the visit they came by; reads what the rules ask of them once, when they ask."""

    def __init__(self, user: User | None, visit: Visit = NO_VISIT) -> None:
        self.user, self.visit = user, visit

    @cached_property
    def chain(self) -> Chain:
        """Who brought the buyer, and who brought that one, as things stand now."""
        return binding_selectors.chain_of(self.user)

    @cached_property
    def person(self) -> Person:
        """The buyer as the rules see them."""
        return self.chain.buyer if "chain" in self.__dict__ else member_selectors.person_of(self.user)


def viewer_of(user: User | None) -> Person:
    """Return whose prices lists show: this person's, or those of anybody who would join now."""
    return member_selectors.person_of(user) if user else member_selectors.newcomer()


def offers_to(
    view: Overlay,
    buyer: Buyer,
    *,
    products: Iterable[UUID] | None = None,
    quantities: Mapping[UUID, int] | None = None,
) -> list[OfferedVariant]:
    """Return the variants of products, or variants in these quantities, as the buyer has them."""
    variants = None if quantities is None else list(quantities)
    offers = listing_selectors.offered_variants(view, products=products, variants=variants)
    if not view.has_campaigns:
        return offers
    return campaign_selectors.offered(
        view, offers, quantities=quantities or {}, chain=buyer.chain, visit=buyer.visit
    )


def price_lines(
    view: Overlay,
    items: Iterable[tuple[UUID, OfferedVariant, int]],
    person: Person,
    *,
    first_order: bool = False,
    red_packet: RedPacket | None = None,
    together: bool = True,
) -> list[PricedLine]:
    """Price (line id, offer, quantity) triples for this person under the rules in force.

    A saving never takes a line below supply cost and platform fee, unless the rules say so. Subsidies
    and the red packet come after it: what the shop gets for a line, and so all that is reckoned from it,
    stays the same. Not ``together``: what is listed, of which somebody may buy any.
    """
    items = list(items)
    sales = [
        sale_line(line_id, offer, quantity, quantity * offer.price) for line_id, offer, quantity in items
    ]
    savings = savings_by_rule(sales, person, view.rules, first_order=first_order)
    lines = [
        PricedLine(*item, item[1].price, *_saving(sale, savings[sale.id], view))
        for item, sale in zip(items, sales, strict=True)
    ]
    if view.subsidies:
        lines = _subsidised(lines, view.subsidies, together)
    if red_packet is not None:
        parts = red_packet_selectors.spread(red_packet, [line.to_pay for line in lines])
        lines = [replace(line, red_packet=part) for line, part in zip(lines, parts, strict=True)]
    return lines


def _saving(
    sale: SaleLine, by_rule: Sequence[tuple[str, int]], view: Overlay
) -> tuple[int, Sequence[tuple[str, int]]]:
    """Return what is taken off a line as far as the rules let it sink, and what each rule would take."""
    saving = sum(amount for _rule, amount in by_rule)
    if saving:
        saving = min(saving, largest_saving(sale.paid, lowest_price(sale.cost, view.rules, view.covered_bp)))
    return saving, by_rule


def _subsidised(
    lines: Sequence[PricedLine], running: Sequence[RunningSubsidy], together: bool
) -> list[PricedLine]:
    """Return the lines with what budgets pay of them: a line as a whole, or not at all.

    A subsidy may pay all of a line. ``together``: the lines share what the budgets have left.
    """
    left = {subsidy.budget_id: subsidy.left for subsidy in running}
    subsidised = []
    for line in lines:
        for subsidy in running:
            if not subsidy.covers(line.product_id, line.variant_id, line.offer.categories):
                continue
            amount = min(subsidy.amount * line.quantity, line.paid)
            if 0 < amount <= left[subsidy.budget_id]:
                left[subsidy.budget_id] -= amount if together else 0
                line = replace(line, subsidy=amount, subsidy_budget=subsidy.budget_id)
                break
        subsidised.append(line)
    return subsidised


def at_cost(items: Iterable[tuple[UUID, OfferedVariant, int]]) -> list[PricedLine]:
    """Price such triples as a partner pays them: supply cost, nothing saved."""
    return [PricedLine(line_id, offer, quantity, offer.cost) for line_id, offer, quantity in items]


def available_items(
    offers: Iterable[OfferedVariant],
    entries: Sequence[tuple[UUID, UUID, int]],
    unpaid: Mapping[UUID, str] = NOTHING_UNPAID,
) -> tuple[list[tuple[UUID, OfferedVariant, int]], list[str]]:
    """Match (line id, variant id, quantity) with offers: what is on sale, and what is wrong in words.

    ``unpaid``: see ``unpaid_orders_with``.
    """
    by_variant = {offer.variant_id: offer for offer in offers}
    items, problems = [], []
    for line_id, variant_id, quantity in entries:
        offer = by_variant.get(variant_id)
        if offer is None:
            problems.append(_("A product in the cart is no longer on sale; remove it."))
            continue
        if quantity > offer.available:
            problems.append(shortage(offer, unpaid.get(variant_id, "")))
        items.append((line_id, offer, quantity))
    return items, problems


def unpaid_orders_with(user: User | None, variants: Collection[UUID]) -> Mapping[UUID, str]:
    """Return by variant the number of this person's own unpaid order that keeps units of it from them."""
    if user is None or not variants:
        return NOTHING_UNPAID
    lines = OrderLine.objects.filter(
        order__buyer=user, order__state=Order.State.PLACED, variant_id__in=variants
    )
    return dict(lines.order_by("order__placed_at").values_list("variant_id", "order__number"))


def shortage(offer: OfferedVariant, unpaid_order: str = "") -> str:
    """Say how many are left of what somebody wants more of, or which order of their own has the others."""
    title, left = offer.title, offer.available
    if unpaid_order:
        text = _("Your order %(number)s with “%(title)s” is not paid yet: pay it, or cancel it.")
        return text % {"number": unpaid_order, "title": title}
    if left <= 0:
        return _("“%(title)s” is sold out.") % {"title": title}
    text = ngettext("Only %(left)d left of “%(title)s”.", "Only %(left)d left of “%(title)s”.", left)
    return text % {"left": left, "title": title}


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """What a cart would cost now, by supplier. Minor units.

    ``fee`` lies inside what the shop gets for the goods, subsidies included. ``problems`` are in the reader's
    language. ``is_first`` says whether it would be the buyer's first order; None where the rules do not ask.
    """

    suppliers: Sequence[SupplierQuote]
    lines: Sequence[PricedLine]
    view: Overlay
    problems: Sequence[str]
    is_first: bool | None = None
    unpaid: Mapping[UUID, str] = field(default_factory=dict)
    """By variant of which too few are left: the buyer's own unpaid order that has others."""

    @property
    def currency(self) -> str:
        """ISO 4217 code of all amounts."""
        return self.view.currency

    @property
    def goods(self) -> int:
        """Sum of the lines at list or campaign price, minor units, before any saving."""
        return sum(line.amount for line in self.lines)

    @property
    def saving(self) -> int:
        """What the agents' rules take off at the till, minor units."""
        return sum(line.saving for line in self.lines)

    @property
    def subsidy(self) -> int:
        """What subsidy budgets pay of the goods, minor units."""
        return sum(line.subsidy for line in self.lines)

    @property
    def red_packet(self) -> int:
        """What the red packet pays of the goods, minor units."""
        return sum(line.red_packet for line in self.lines)

    @property
    def freight(self) -> int:
        """What all suppliers together take for sending, minor units."""
        return sum(supplier.freight for supplier in self.suppliers)

    @property
    def fee(self) -> int:
        """Platform fee, minor units: its rate of what the shop gets for the goods, rounded down."""
        return share_of(sum(line.paid for line in self.lines), self.view.fee_bp)

    @property
    def total(self) -> int:
        """What the buyer pays, minor units: lines after saving, subsidy and red packet, and freight."""
        return sum(line.to_pay for line in self.lines) + self.freight

    @property
    def ships(self) -> bool:
        """True if something has to be sent to an address."""
        return any(supplier.ships for supplier in self.suppliers)

    @property
    def total_problem(self) -> str:
        """Why the payment provider would not take the total, and what to do; "" if it does, or for 0."""
        if not self.lines:
            return ""
        try:
            refusal = limits.refusal(self.total, self.currency, self.view.tenant.gateway)
        except InvalidInput as error:
            return error.text
        return refusal.text if refusal else ""


def quote(
    view: Overlay,
    entries: Sequence[tuple[UUID, UUID, int]],
    buyer: Buyer,
    *,
    places: Sequence[str] = (),
    red_packet: RedPacket | None = None,
) -> PriceQuote:
    """Return what (line id, variant id, quantity) triples cost this buyer, sent to ``places``.

    ``places`` are the codes that an address lies in (``kernel.addresses.address``); (): before there is one.
    """
    offers = offers_to(view, buyer, quantities={variant: quantity for _line, variant, quantity in entries})
    left = {offer.variant_id: offer.available for offer in offers}
    short = [variant for _line, variant, quantity in entries if quantity > left.get(variant, quantity)]
    unpaid = unpaid_orders_with(buyer.user, short)
    items, problems = available_items(offers, entries, unpaid)
    if len(entries) > MAX_LINES:
        numbers = {"most": MAX_LINES, "number": len(entries)}
        text = _(
            "An order holds at most %(most)d different products, and these are %(number)d: take some out."
        )
        problems.append(text % numbers)
    is_first = (
        attribution_selectors.is_first_order(buyer.user)
        if attribution_selectors.asks_first_order(view.rules)
        else None
    )
    lines = price_lines(view, items, buyer.person, first_order=bool(is_first), red_packet=red_packet)
    if red_packet is not None and lines and not any(line.red_packet for line in lines):
        least = {"least": format_money(red_packet.batch.min_spend, view.currency)}
        problems.append(_("This red packet is for goods of at least %(least)s.") % least)
    suppliers = freight.by_supplier(lines, places=places)
    problems += [problem for supplier in suppliers for problem in supplier.problems]
    ordered = [line for supplier in suppliers for line in supplier.lines]
    return PriceQuote(suppliers, ordered, view, problems, is_first, unpaid)
