"""From variants and quantities to a quote: prices, the till's saving, freight, the split by supplier."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from kernel.amounts import share_of
from kernel.money import format_money
from kernel.text import pick
from tenants.agents import selectors as agents
from tenants.agents.bindings import attribution
from tenants.agents.bindings.attribution import NO_VISIT, Visit
from tenants.agents.rules.parsing import Rules
from tenants.agents.rules.sale import Chain, Person, SaleLine
from tenants.agents.rules.split import largest_saving, price_reductions
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.assortment import break_even_price
from tenants.shop.listings.selectors import OfferedVariant, Overlay
from tenants.shop.models import RedPacket
from tenants.shop.pricing import freight
from tenants.shop.pricing.shapes import PricedLine, Quote, Sender
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors
from tenants.shop.promotions.subsidies import selectors as subsidy_selectors


def price_lines(
    view: Overlay,
    wanted: Sequence[tuple[UUID, UUID, int]],
    *,
    chain: Callable[[], Chain] | None = None,
    visit: Visit = NO_VISIT,
) -> tuple[list[PricedLine], list[str]]:
    """Price (line id, variant id, quantity) triples at list price; return lines and what is wrong.

    With ``chain``, what is known of who brought the buyer, goods of campaigns are priced as these.
    """
    found = listing_selectors.offered_variants(view, variants=[variant for _line, variant, _n in wanted])
    if chain is not None and view.has_campaigns:
        quantities = {variant: quantity for _line, variant, quantity in wanted}
        found = campaign_selectors.offered(view, found, wanted=quantities, chain=chain(), visit=visit)
    offers = {offer.variant_id: offer for offer in found}
    paths = view.paths
    lines, problems = [], []
    for line_id, variant_id, quantity in wanted:
        offer = offers.get(variant_id)
        if offer is None:
            problems.append(_("A product in the cart is no longer on sale; remove it."))
            continue
        line = _line(line_id, offer, quantity, paths)
        if quantity > offer.available:
            problems.append(shortage(line.title, offer.available))
        lines.append(line)
    return lines, problems


def shortage(title: str, available: int) -> str:
    """Say how many are left of what was asked for."""
    if available <= 0:
        return _("“%(title)s” is sold out.") % {"title": title}
    return ngettext("Only %(left)d left of “%(title)s”.", "Only %(left)d left of “%(title)s”.", available) % {
        "left": available,
        "title": title,
    }


def _line(
    line_id: UUID,
    offer: OfferedVariant,
    quantity: int,
    paths: Mapping[UUID, Sequence[object]],
) -> PricedLine:
    product, supplier = offer.product, offer.product.supplier
    path = paths.get(product.category_id, ()) if product.category_id else ()
    return PricedLine(
        line_id=line_id,
        product_id=product.id,
        variant_id=offer.variant_id,
        sender=Sender(
            id=supplier.id,
            name=pick(supplier.name),
            handling_days=supplier.handling_days,
            freight=supplier.freight,
            freight_free_from=supplier.freight_free_from,
            has_tables=offer.has_tables,
        ),
        sku=offer.sku,
        titles={**product.title, **offer.own_title},
        title=listing_selectors.title_of(product, {product.id: offer.own_title}),
        options=tuple(offer.options),
        image=offer.image,
        url=f"/p/{supplier.code}/{product.handle}/",
        kind=product.kind,
        categories=tuple(getattr(node, "slug", "") for node in path),
        tags=tuple(product.tags),
        quantity=quantity,
        unit_price=offer.price,
        reduction=0,
        unit_cost=offer.cost,
        weight_grams=offer.weight_grams,
        shipping_template_id=product.shipping_template_id,
        allocation_id=offer.allocation_id,
        from_open=offer.from_open,
    )


def sale_line(line: PricedLine) -> SaleLine:
    """Return the line as the rules engine takes it."""
    return SaleLine(
        id=str(line.line_id),
        product=str(line.product_id),
        categories=tuple(line.categories),
        tags=tuple(line.tags),
        quantity=line.quantity,
        paid=line.paid,
        cost=line.unit_cost * line.quantity,
    )


def reduce(
    lines: Sequence[PricedLine], *, buyer: Person, rules: Rules, fee_bp: int, first_order: bool = False
) -> list[PricedLine]:
    """Return the lines with the till's saving for this buyer.

    A saving never takes a line below supply cost and platform fee: the shop would sell at a loss.
    """
    savings = price_reductions([sale_line(line) for line in lines], buyer, rules, first_order=first_order)
    reduced = []
    for line in lines:
        floor = break_even_price(line.unit_cost * line.quantity, fee_bp)
        saving = min(savings.get(str(line.line_id), 0), largest_saving(line.amount, floor))
        reduced.append(replace(line, reduction=saving))
    return reduced


def make_quote(
    view: Overlay,
    *,
    wanted: Sequence[tuple[UUID, UUID, int]],
    user: User | None,
    buyer: Person | None = None,
    region: str = "",
    problems: Sequence[str] = (),
    packet: RedPacket | None = None,
    chain: Chain | None = None,
    visit: Visit = NO_VISIT,
) -> Quote:
    """Price (line id, variant id, quantity) triples for this person under the rules in force.

    ``region`` is what the address says; freight depends on it. ``buyer`` is ``user`` as the rules see them,
    where the caller knows that already. ``packet`` is the red packet that the member wants to use.
    """
    rules = view.rules
    listed, found = price_lines(view, wanted, chain=lambda: chain or agents.chain_of(user), visit=visit)
    asks = attribution.asks_first_order(rules)
    is_first = attribution.is_first_order(user) if asks else None
    lines = reduce(
        listed,
        buyer=buyer or agents.person_of(user),
        rules=rules,
        fee_bp=view.tenant.platform_fee_bp,
        first_order=bool(is_first),
    )
    # After the saving: what the shop gets for a line, and so all that is reckoned from it, stays the same.
    lines = subsidy_selectors.apply(view.subsidies, lines)
    if packet is not None:
        lines = red_packet_selectors.apply(packet, lines)
        if lines and not any(line.packet for line in lines):
            found = [*found, too_little(packet, view.tenant.currency)]
    parts = freight.split(lines, region=region)
    goods = sum(line.amount for line in lines)
    reduction = sum(line.reduction for line in lines)
    return Quote(
        parts=parts,
        goods=goods,
        reduction=reduction,
        freight=sum(part.freight for part in parts),
        fee=share_of(goods - reduction, view.tenant.platform_fee_bp),
        currency=view.tenant.currency,
        rules_version=view.rules_version,
        is_first=is_first,
        problems=[*problems, *found, *freight.problems_of(parts)],
        subsidy=sum(line.subsidy for line in lines),
        packet=sum(line.packet for line in lines),
    )


def too_little(packet: RedPacket, currency: str) -> str:
    """Say what goods have to cost for this red packet."""
    return _("This red packet is for goods of at least %(least)s.") % {
        "least": format_money(packet.packets.min_spend, currency)
    }


def at_cost(line: PricedLine) -> PricedLine:
    """Return the line as a partner pays it: supply cost, nothing saved."""
    return replace(line, unit_price=line.unit_cost, reduction=0)
