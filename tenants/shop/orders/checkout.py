"""From a cart, or a partner's request, to an order: priced, split, its stock held, its payment opened."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.payments.payments import services as payment_services
from billing.plans import access as plans
from billing.plans.usage import Metric
from catalog.stock import allocations
from catalog.stock import services as stock_services
from kernel import clock, outbox, unit_of_work
from kernel.amounts import share_of
from kernel.errors import Conflict, InvalidInput
from kernel.ids import new_id
from kernel.memo import one_page
from kernel.money import format_money
from kernel.tenancy import current_schema
from kernel.unit_of_work import lock_name
from tenants.agents import selectors as agents
from tenants.agents.bindings import attribution
from tenants.agents.bindings.attribution import NO_VISIT, Visit
from tenants.agents.rules.sale import Chain
from tenants.registry.models import Tenant
from tenants.shop.cart.access import CartOwner
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.models import Order, OrderLine
from tenants.shop.orders import booking
from tenants.shop.pricing import freight as pricing_freight
from tenants.shop.pricing import selectors as pricing_selectors
from tenants.shop.pricing.shapes import PricedLine, Quote, SupplierQuote
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.subsidies import services as subsidy_services

PAY_WITHIN = timedelta(minutes=30)
NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ADDRESS_FIELDS = {"name": 60, "phone": 32, "region": 120, "address": 240}
PURPOSE = "order"


def place_order(
    *,
    owner: CartOwner,
    user: User,
    ship_to: Mapping[str, str],
    expected_total: int,
    idempotency_key: str,
    visit: Visit = NO_VISIT,
    packet_id: UUID | None = None,
) -> Order:
    """Turn the cart into an order with its stock held for 30 minutes, and open its payment.

    ``expected_total`` (minor units) is what the member saw: another total is a Conflict, not a surprise.
    The same key with the same content returns the first order; with another content it is a Conflict.
    ``visit`` is how the browser came here, ``packet_id`` the red packet to use. Raises OutOfStock,
    InvalidInput (address, empty cart). Calls nothing outside; start the payment afterwards with
    ``payments.start``.
    """
    content = {"user": str(user.pk), "ship_to": dict(ship_to), "total": expected_total}
    request_hash = _hash({**content, "packet": str(packet_id)} if packet_id else content)
    with transaction.atomic(durable=True), one_page(), unit_of_work.gather_writes():
        if earlier := _earlier(f"shop:{idempotency_key}", request_hash):
            return earlier
        view = listing_selectors.overlay()
        plans.require_writable(view.tenant)
        plans.require_within(view.tenant.pk, Metric.ORDERS)
        chain = agents.chain_of(user)
        packet = red_packet_selectors.usable(packet_id, user) if packet_id else None
        quote = pricing_selectors.make_quote(
            view,
            wanted=_taken_from_cart(user),
            buyer=chain.buyer,
            user=user,
            region=region_of(ship_to),
            packet=packet,
            chain=chain,
            visit=visit,
        )
        _check(quote, expected_total)
        key, number, expires_at = new_id(), new_order_number(), clock.now() + PAY_WITHIN
        payment = payment_services.open_payment(
            tenant=view.tenant,
            purpose=PURPOSE,
            reference_id=key,
            amount=quote.total,
            currency=quote.currency,
            description=number,
            is_new=True,
        )
        order = _write_order(
            Order(
                id=key,
                number=number,
                channel=Order.Channel.SHOP,
                buyer=user,
                currency=quote.currency,
                goods=quote.goods,
                reduction=quote.reduction,
                subsidy=quote.subsidy,
                packet=quote.packet,
                freight=quote.freight,
                fee=quote.fee,
                total=quote.total,
                ship_to=checked_address(ship_to) if quote.ships else {},
                rules_version=quote.rules_version,
                chain=attribution.pin(
                    chain, user=user, visit=visit, rules=view.rules, is_first=quote.is_first
                ),
                payment_id=payment.id,
                expires_at=expires_at,
            ),
            quote.parts,
            key=idempotency_key,
            request_hash=request_hash,
        )
        # A deadline in the outbox instead of a scan over all tenants: it costs nothing until it is due.
        outbox.emit("order.deadline", {"order_id": str(order.id)}, delay=PAY_WITHIN)
        _hold(order.id, quote.lines, chain, visit, expires_at, view.tenant.pk)
        if quote.is_first and not attribution.claim_first_order(user=user, order_id=order.id):
            raise Conflict(
                _("another order of yours was the first"),
                field="expected_total",
                remedy=_("look at the order again and confirm"),
                code="price_changed",
            )
        if packet is not None:
            red_packet_services.reserve(packet_id=packet.id, user=user, order_id=order.id)
        # The ledger is last: a budget is an account that many orders share.
        if quote.subsidy:
            subsidy_services.claim(order, quote.lines)
    return order


_TAKE = """
DELETE FROM shop_cartline line USING shop_cart cart WHERE cart.id = line.cart_id AND cart.user_id = %s
RETURNING line.id, line.variant_id, line.quantity
"""


def _taken_from_cart(user: User) -> list[tuple[UUID, UUID, int]]:
    """Empty the cart and return its lines, oldest first: of two orders at once only one gets them.

    If no order comes of it the transaction ends, and they lie in the cart as before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [user.pk])
        return sorted(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """What a partner orders. ``expected_cost`` is the unit cost it knows, minor units."""

    variant_id: UUID
    quantity: int
    expected_cost: int


def place_partner_order(
    *,
    tenant: Tenant,
    lines: Sequence[PartnerLine],
    ship_to: Mapping[str, str],
    reference: str,
    idempotency_key: str,
) -> Order:
    """Place an order paid at once from the tenant's prepaid balance: supply cost, freight, platform fee.

    Raises Conflict if a cost has moved or the key was used for something else, OutOfStock,
    InsufficientBalance with ``details["missing"]``; then nothing is reserved and nothing is written.
    """
    content = {
        "lines": [[str(line.variant_id), line.quantity, line.expected_cost] for line in lines],
        "ship_to": dict(ship_to),
        "reference": reference,
    }
    request_hash = _hash(content)
    with transaction.atomic(durable=True), one_page(), unit_of_work.gather_writes():
        if earlier := _earlier(f"api:{idempotency_key}", request_hash):
            return earlier
        plans.require_writable(tenant)
        plans.require_within(tenant.pk, Metric.ORDERS)
        parts = _partner_parts(lines, region_of(ship_to))
        priced = [line for part in parts for line in part.lines]
        goods = sum(line.amount for line in priced)
        freight, fee = sum(part.freight for part in parts), share_of(goods, tenant.platform_fee_bp)
        order = _write_order(
            Order(
                id=new_id(),
                number=new_order_number(),
                channel=Order.Channel.API,
                reference=reference,
                currency=tenant.currency,
                goods=goods,
                freight=freight,
                fee=fee,
                total=goods + freight + fee,
                ship_to=checked_address(ship_to) if any(line.kind == "physical" for line in priced) else {},
            ),
            parts,
            key=idempotency_key,
            request_hash=request_hash,
        )
        stock_services.reserve(
            reference=order.id,
            quantities=_quantities(priced),
            expires_at=clock.now() + PAY_WITHIN,
            tenant_id=tenant.pk,
        )
        booking.book_partner_order(order=order, tenant=tenant)
    return order


def _partner_parts(lines: Sequence[PartnerLine], region: str) -> list[SupplierQuote]:
    if not lines:
        raise InvalidInput(_("an order needs at least one line"), field="lines", remedy=_("add a line"))
    if len({line.variant_id for line in lines}) < len(lines):
        raise InvalidInput(
            _("a variant stands in two lines"), field="lines", remedy=_("merge them into one line")
        )
    wanted = [(new_id(), line.variant_id, line.quantity) for line in lines]
    priced, problems = pricing_selectors.price_lines(listing_selectors.overlay(), wanted)
    if problems:
        raise Conflict("; ".join(problems), field="lines", code="not_available")
    expected = {line.variant_id: line.expected_cost for line in lines}
    for line in priced:
        if line.unit_cost != expected[line.variant_id]:
            raise Conflict(
                _("the cost of a line has changed"),
                field="lines.expected_cost",
                value=expected[line.variant_id],
                remedy=_("read the catalogue again and confirm the new cost"),
                code="cost_changed",
                variant_id=str(line.variant_id),
                cost=line.unit_cost,
            )
    parts = pricing_freight.split([pricing_selectors.at_cost(line) for line in priced], region=region)
    if unserved := pricing_freight.problems_of(parts):
        raise Conflict(" ".join(unserved), field="ship_to.region", value=region, code="not_served")
    return parts


def region_of(ship_to: Mapping[str, str]) -> str:
    """Return the part of an address that freight depends on."""
    return f"{ship_to.get('region', '')} {ship_to.get('address', '')}"


def _check(quote: Quote, expected_total: int) -> None:
    if not quote.lines and not quote.problems:
        raise InvalidInput(_("the cart is empty"), field="cart", remedy=_("put something into it first"))
    if quote.problems:
        raise Conflict(
            " ".join(quote.problems), field="cart", remedy=_("change the cart"), code="cart_changed"
        )
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


def checked_address(ship_to: Mapping[str, str]) -> dict[str, str]:
    """Return the address with its fields trimmed; InvalidInput names the one missing or too long."""
    checked = {}
    for name, longest in ADDRESS_FIELDS.items():
        value = str(ship_to.get(name, "")).strip()
        # PostgreSQL stores no NUL, and no address has one.
        if not value or len(value) > longest or "\0" in value:
            raise InvalidInput(
                _("this part of the address is missing or too long"),
                field=f"ship_to.{name}",
                value=value,
                remedy=_("write at most %(longest)d characters") % {"longest": longest},
            )
        checked[name] = value
    return checked


def new_order_number() -> str:
    """Return an order number: the day, and eight characters nobody can guess or count on."""
    return f"{clock.now():%y%m%d}-" + "".join(secrets.choice(NUMBER_ALPHABET) for _digit in range(8))


def _write_order(order: Order, parts: Sequence[SupplierQuote], *, key: str, request_hash: str) -> Order:
    order.idempotency_key, order.request_hash = f"{order.channel}:{key}", request_hash
    order.freight_parts = {str(part.supplier_id): part.freight for part in parts}
    unit_of_work.insert([order])
    unit_of_work.insert(
        OrderLine(
            id=line.line_id if order.channel == Order.Channel.API else new_id(),
            order=order,
            position=position,
            product_id=line.product_id,
            variant_id=line.variant_id,
            supplier_id=line.supplier_id,
            sku=line.sku,
            title=line.titles,
            options=list(line.options),
            image=line.image,
            url=line.url,
            kind=line.kind,
            categories=list(line.categories),
            tags=list(line.tags),
            quantity=line.quantity,
            unit_price=line.unit_price,
            reduction=line.reduction,
            unit_cost=line.unit_cost,
            subsidy=line.subsidy,
            subsidy_budget=line.subsidy_budget,
            packet=line.packet,
        )
        for position, line in enumerate(line for part in parts for line in part.lines)
    )
    return order


def _earlier(idempotency_key: str, request_hash: str) -> Order | None:
    lock_name(f"{current_schema()}:{idempotency_key}")
    order = Order.objects.filter(idempotency_key=idempotency_key).first()
    if order and order.request_hash != request_hash:
        raise Conflict(
            _("this key was already used for another order"),
            field="idempotency_key",
            value=idempotency_key.partition(":")[2],
            remedy=_("use a new key for a new order"),
            code="idempotency_conflict",
        )
    return order


def _hold(
    reference: UUID,
    lines: Sequence[PricedLine],
    chain: Chain,
    visit: Visit,
    expires_at: datetime,
    tenant_id: UUID,
) -> None:
    """Hold units of the shared stock, and of campaigns where lines are from those."""
    if quantities := _quantities([line for line in lines if line.allocation_id is None]):
        stock_services.reserve(
            reference=reference, quantities=quantities, expires_at=expires_at, tenant_id=tenant_id
        )
    if taken := campaign_selectors.taken_by(lines):
        allocations.reserve(
            reference=reference,
            taken=taken,
            expires_at=expires_at,
            tenant_id=tenant_id,
            through=campaign_selectors.came_through(chain, visit),
        )


def _quantities(lines: Sequence[PricedLine]) -> dict[UUID, int]:
    totals: dict[UUID, int] = {}
    for line in lines:
        totals[line.variant_id] = totals.get(line.variant_id, 0) + line.quantity
    return totals


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
