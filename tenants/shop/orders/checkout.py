"""The steps of a checkout that write nothing: checks, a partner's quote, the rows of an order to be."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from catalog.allocations.services import AllocatedUnits
from kernel import clock
from kernel.addresses.address import Address
from kernel.errors import Conflict, InvalidInput
from kernel.ids import new_id
from kernel.money.money import format_money
from tenants.shop.cart import services as cart_services
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.overlay import Overlay
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.orders.selectors import UnpaidOrders
from tenants.shop.pricing import freight
from tenants.shop.pricing import selectors as pricing_selectors
from tenants.shop.pricing.lines import PricedLine
from tenants.shop.pricing.selectors import PriceQuote

PAY_WITHIN = timedelta(minutes=30)
NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
MOST_UNPAID_ORDERS, MOST_UNPAID_UNITS = 5, 2_000
"""Orders that one person may have waiting for their money at once, and the units they keep from others."""
MOST_UNPAID_ON_DEVICES = 10
"""Such orders of all who were seen on the same devices."""


class Purchase(NamedTuple):
    """Units of one variant that are bought at once, beside the cart."""

    variant_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """What a partner orders. ``expected_cost`` is the unit cost it knows, minor units."""

    variant_id: UUID
    quantity: int
    expected_cost: int


def entries_of(purchase: Purchase) -> list[tuple[UUID, UUID, int]]:
    """Return a purchase as a cart would hand it over. Raises InvalidInput for its quantity."""
    cart_services.require_quantity(purchase.quantity)
    return [(new_id(), *purchase)]


def hash_of(content: Mapping[str, object]) -> str:
    """Return what distinguishes a request from another one under the same key."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def check_quote(quote: PriceQuote, expected_total: int) -> None:
    """Raise InvalidInput for an empty cart, Conflict for one that cannot be bought or has another total.

    A total that the payment provider would not take ends here, before any stock is reserved.
    """
    if not quote.lines and not quote.problems:
        raise InvalidInput(_("the cart is empty"), field="cart", remedy=_("put something into it first"))
    if quote.problems:
        raise Conflict(
            " ".join(quote.problems), field="cart", remedy=_("change the cart"), code="cart_changed"
        )
    if quote.total_problem:
        raise Conflict(quote.total_problem, field="cart", value=quote.total, code="total_not_taken")
    if quote.total != expected_total:
        raise Conflict(
            _("the total has changed from %(old)s to %(new)s")
            % {
                "old": format_money(expected_total, quote.currency),
                "new": format_money(quote.total, quote.currency),
            },
            field="expected_total",
            value=expected_total,
            remedy=_("look at the order again and confirm"),
            code="price_changed",
        )


def check_unpaid(unpaid: UnpaidOrders, units: int) -> None:
    """Raise Conflict if one more order of ``units`` would keep too much from others without being paid."""
    remedy = _("pay one of them, or cancel it; what is not paid within 30 minutes ends by itself")
    if unpaid.orders >= MOST_UNPAID_ORDERS or unpaid.orders_on_devices >= MOST_UNPAID_ON_DEVICES:
        raise Conflict(
            _("%(number)d orders wait for their payment already")
            % {"number": max(unpaid.orders, unpaid.orders_on_devices)},
            field="cart",
            remedy=remedy,
            code="too_many_unpaid",
        )
    if unpaid.units + units > MOST_UNPAID_UNITS:
        raise Conflict(
            _("at most %(most)d units may wait for their payment; with this order they are %(number)d")
            % {"most": MOST_UNPAID_UNITS, "number": unpaid.units + units},
            field="cart",
            value=units,
            remedy=remedy if unpaid.units else _("order fewer at once"),
            code="too_many_unpaid",
        )


def partner_quote(view: Overlay, lines: Sequence[PartnerLine], address: Address) -> PriceQuote:
    """Return what a partner's lines cost at supply cost, sent to an address.

    Raises InvalidInput for no lines or a variant twice, Conflict for what is not available, is not sent
    there, or costs something else than the partner knows.
    """
    if not lines:
        raise InvalidInput(_("an order needs at least one line"), field="lines", remedy=_("add a line"))
    expected = {line.variant_id: line.expected_cost for line in lines}
    if len(expected) < len(lines):
        raise InvalidInput(
            _("a variant stands in two lines"), field="lines", remedy=_("merge them into one line")
        )
    offers = listing_selectors.offered_variants(view, variants=list(expected))
    entries = [(new_id(), line.variant_id, line.quantity) for line in lines]
    items, problems = pricing_selectors.available_items(offers, entries)
    if problems:
        raise Conflict("; ".join(problems), field="lines", code="not_available")
    for _line_id, offer, _quantity in items:
        if offer.cost != expected[offer.variant_id]:
            raise Conflict(
                _("the cost of a line has changed"),
                field="lines.expected_cost",
                value=expected[offer.variant_id],
                remedy=_("read the catalogue again and confirm the new cost"),
                code="cost_changed",
                variant_id=str(offer.variant_id),
                cost=offer.cost,
            )
    suppliers = freight.by_supplier(pricing_selectors.at_cost(items), places=address.places)
    if unserved := [problem for supplier in suppliers for problem in supplier.problems]:
        raise Conflict(
            " ".join(unserved), field="ship_to.region", value=address.values.get("region"), code="not_served"
        )
    return PriceQuote(suppliers, [line for supplier in suppliers for line in supplier.lines], view, [])


def new_order(quote: PriceQuote, ship_to: Mapping[str, str], *, channel: Order.Channel, total: int) -> Order:
    """Return an order of what was quoted, not written yet. ``ship_to`` is a checked address, or empty."""
    return Order(
        id=new_id(),
        # The shop's day, and eight characters nobody can guess or count on.
        number=f"{clock.today(quote.view.tenant.zone):%y%m%d}-{_random_characters(8)}",
        channel=channel,
        currency=quote.currency,
        goods=quote.goods,
        saving=quote.saving,
        subsidy=quote.subsidy,
        red_packet=quote.red_packet,
        freight=quote.freight,
        freight_by_supplier={str(supplier.supplier_id): supplier.freight for supplier in quote.suppliers},
        fee=quote.fee,
        total=total,
        ship_to=dict(ship_to),
    )


def _random_characters(number: int) -> str:
    return "".join(secrets.choice(NUMBER_ALPHABET) for _place in range(number))


def order_lines(order: Order, lines: Sequence[PricedLine]) -> list[OrderLine]:
    """Return the rows of an order's lines, not written yet."""
    return [
        OrderLine(
            id=new_id(),
            order=order,
            position=position,
            product_id=line.product_id,
            variant_id=line.variant_id,
            supplier_id=line.offer.product.supplier_id,
            sku=line.offer.sku,
            title={**line.offer.product.title, **line.offer.own_title},
            options=list(line.offer.options),
            image=line.offer.image,
            url=line.offer.url,
            kind=line.offer.product.kind,
            categories=list(line.offer.categories),
            tags=list(line.offer.product.tags),
            quantity=line.quantity,
            unit_price=line.unit_price,
            saving=line.saving,
            unit_cost=line.offer.cost,
            subsidy=line.subsidy,
            subsidy_budget=line.subsidy_budget,
            red_packet=line.red_packet,
        )
        for position, line in enumerate(lines)
    ]


def stock_quantities(lines: Iterable[PricedLine]) -> dict[UUID, int]:
    """Return how many units of each variant the lines take of the shared stock."""
    totals: dict[UUID, int] = {}
    for line in lines:
        if line.offer.allocation_id is None:
            totals[line.variant_id] = totals.get(line.variant_id, 0) + line.quantity
    return totals


def campaign_quantities(lines: Iterable[PricedLine]) -> list[AllocatedUnits]:
    """Return what the lines take of the allocations of campaigns."""
    return [
        AllocatedUnits(line.offer.allocation_id, line.offer.from_open, line.quantity)
        for line in lines
        if line.offer.allocation_id is not None
    ]
