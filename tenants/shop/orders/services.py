"""Every write of an order, from its placing to its end; how its state may move is in ``models.MOVES``."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger import services as ledger_services
from billing.ledger.services import Leg
from billing.payments.models import Payment
from billing.payments.payments import services as payment_services
from billing.payments.purposes import PaidTooLate
from billing.payouts.payables import services as payable_services
from billing.plans import limits
from billing.plans.usage import Metric
from catalog.allocations import services as allocation_services
from catalog.stock import services as stock_services
from fulfilment.models import SupplierOrder
from fulfilment.orders import selectors as supplier_order_selectors
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.addresses.address import read_address
from kernel.caches.memo import note, one_page
from kernel.database import unit_of_work
from kernel.database.unit_of_work import lock_name
from kernel.errors import Conflict
from kernel.events import outbox
from kernel.tenancy import current_schema
from kernel.texts.translated import pick
from tenants.agents.attribution import selectors as attribution_selectors
from tenants.agents.attribution import services as attribution_services
from tenants.agents.attribution.selectors import NO_VISIT, Visit
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant
from tenants.shop.cart import services as cart_services
from tenants.shop.listings.overlay import overlay
from tenants.shop.orders import checkout
from tenants.shop.orders import legs as order_legs
from tenants.shop.orders.checkout import PAY_WITHIN, PartnerLine, Purchase
from tenants.shop.orders.models import MOVES, Order, OrderLine
from tenants.shop.orders.selectors import locked_lines, locked_order, unpaid_of, with_policy
from tenants.shop.pricing import selectors as pricing_selectors
from tenants.shop.pricing.selectors import Buyer, PriceQuote
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.goods_subsidies import services as goods_subsidy_services
from tenants.shop.promotions.red_packets import access as red_packet_access
from tenants.shop.promotions.red_packets import services as red_packet_services

PURPOSE = "order"
State = Order.State


def place_order(
    *,
    user: User,
    ship_to: Mapping[str, str],
    expected_total: int,
    idempotency_key: str,
    visit: Visit = NO_VISIT,
    red_packet_id: UUID | None = None,
    purchase: Purchase | None = None,
) -> Order:
    """Turn a member's cart into an order with its stock reserved for 30 minutes, and open its payment.

    ``expected_total`` (minor units) is what the member saw: another total is a Conflict, not a surprise.
    The same key with the same content returns the first order; with another content it is a Conflict.
    ``visit`` is how the browser came here, ``red_packet_id`` the red packet to use. A ``purchase`` is ordered
    alone, and the cart stays as it is. An order that leaves nothing to pay is paid at once, without a
    payment. Raises OutOfStock, InvalidInput (address, empty cart), Conflict (too_many_unpaid and others).
    Calls nothing outside; start the payment afterwards with ``billing.payments.payments.services.start``.
    """
    content: dict[str, object] = {"user": str(user.pk), "ship_to": dict(ship_to), "total": expected_total}
    if red_packet_id:
        content["red_packet"] = str(red_packet_id)
    if purchase:
        content["purchase"] = [str(purchase.variant_id), purchase.quantity]
    request_hash, address = checkout.hash_of(content), read_address(ship_to)
    with transaction.atomic(durable=True), one_page(), unit_of_work.gather_writes():
        # A person's orders are placed one after the other: those that wait for their money are counted.
        lock_name(f"{current_schema()}:buyer:{user.pk}")
        unpaid = unpaid_of(user, visit.device, f"shop:{idempotency_key}")
        if unpaid.repeated_id:
            return _same(Order.objects.get(pk=unpaid.repeated_id), request_hash)
        view, buyer = overlay(), Buyer(user, visit)
        limits.require_writable(view.tenant)
        limits.require_within(view.tenant.pk, Metric.ORDERS)
        chain = buyer.chain
        red_packet = red_packet_access.usable_red_packet(red_packet_id, user) if red_packet_id else None
        quote = pricing_selectors.quote(
            view,
            checkout.entries_of(purchase) if purchase else cart_services.empty_cart(user=user),
            buyer,
            places=address.places,
            red_packet=red_packet,
        )
        checked_address = address.checked() if quote.ships else {}
        checkout.check_quote(quote, expected_total)
        units = sum(line.quantity for line in quote.lines)
        checkout.check_unpaid(unpaid, units)
        order = checkout.new_order(quote, checked_address, channel=Order.Channel.SHOP, total=quote.total)
        if quote.total:
            order.payment_id = payment_services.open_payment(
                tenant=view.tenant,
                purpose=PURPOSE,
                reference_id=order.id,
                amount=quote.total,
                currency=quote.currency,
                description=order.number,
                is_new=True,
            ).id
        order.buyer, order.expires_at = user, clock.now() + PAY_WITHIN
        order.rules_version = view.rules_version
        order.chain = attribution_selectors.pin(
            chain, user=user, visit=visit, rules=view.rules, is_first=quote.is_first
        )
        lines = _insert(order, quote, idempotency_key, request_hash)
        if order.payment_id:
            # A deadline in the outbox instead of a scan over all tenants: it costs nothing until it is due.
            outbox.emit("order.deadline", {"order_id": str(order.id)}, delay=PAY_WITHIN)
        _reserve_stock(order, quote, buyer, view.tenant.pk)
        if quote.is_first and not attribution_services.claim_first_order(user=user, order_id=order.id):
            raise Conflict(
                _("another order of yours was the first"),
                field="expected_total",
                remedy=_("look at the order again and confirm"),
                code="price_changed",
            )
        if red_packet is not None:
            red_packet_services.reserve(red_packet_id=red_packet.id, user=user, order_id=order.id)
        # The ledger is last: a budget is an account that many orders share.
        goods_subsidy_services.claim(order, lines)
        if not order.payment_id:
            _book_paid(locked_lines(order.id), view.tenant)
    return order


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
    request_hash, address = checkout.hash_of(content), read_address(ship_to)
    with transaction.atomic(durable=True), one_page(), unit_of_work.gather_writes():
        lock_name(f"{current_schema()}:api:{idempotency_key}")
        if earlier := Order.objects.filter(idempotency_key=f"api:{idempotency_key}").first():
            return _same(earlier, request_hash)
        limits.require_writable(tenant)
        limits.require_within(tenant.pk, Metric.ORDERS)
        quote = checkout.partner_quote(overlay(), lines, address)
        checked_address = address.checked() if quote.ships else {}
        total = quote.goods + quote.freight + quote.fee
        order = checkout.new_order(quote, checked_address, channel=Order.Channel.API, total=total)
        order.reference = reference
        _insert(order, quote, idempotency_key, request_hash)
        stock_services.reserve(
            reference=order.id,
            quantities=checkout.stock_quantities(quote.lines),
            expires_at=clock.now() + PAY_WITHIN,
            tenant_id=tenant.pk,
        )
        stock_services.commit_reservation(reference=order.id)
        rows = list(with_policy(order.lines.all()))
        book_order(order, rows, tenant, order_legs.partner_legs(order, rows, tenant))
    return order


def _same(order: Order, request_hash: str) -> Order:
    """Return the order that was placed with a key before; Conflict if it is another one than is asked for."""
    if order.request_hash != request_hash:
        raise Conflict(
            _("this key was already used for another order"),
            field="idempotency_key",
            value=order.idempotency_key.partition(":")[2],
            remedy=_("use a new key for a new order"),
            code="idempotency_conflict",
        )
    return order


def _insert(order: Order, quote: PriceQuote, key: str, request_hash: str) -> list[OrderLine]:
    order.idempotency_key, order.request_hash = f"{order.channel}:{key}", request_hash
    lines = checkout.order_lines(order, quote.lines)
    unit_of_work.insert([order])
    unit_of_work.insert(lines)
    return lines


def _reserve_stock(order: Order, quote: PriceQuote, buyer: Buyer, tenant_id: UUID) -> None:
    """Reserve units of the shared stock, and of campaigns where lines are from those."""
    assert order.expires_at is not None
    if quantities := checkout.stock_quantities(quote.lines):
        stock_services.reserve(
            reference=order.id, quantities=quantities, expires_at=order.expires_at, tenant_id=tenant_id
        )
    if of_campaigns := checkout.campaign_quantities(quote.lines):
        allocation_services.reserve(
            reference=order.id,
            units=of_campaigns,
            expires_at=order.expires_at,
            tenant_id=tenant_id,
            through=campaign_selectors.came_through(buyer.chain, buyer.visit),
        )


def mark_paid(payment: Payment) -> None:
    """The payment of an order succeeded: called inside the transaction that handles the event, once or more.

    Raises PaidTooLate where the order was cancelled, or its stock expired and went to others; the money then
    goes back by itself.
    """
    lines = locked_lines(payment.reference_id)
    order, tenant = lines[0].order, current_tenant()
    if order.state not in {State.PLACED, State.CANCELLED, State.EXPIRED}:
        return
    if order.state != State.PLACED:
        raise PaidTooLate(order.number)
    if not _book_paid(lines, tenant, payment):
        _close(order, State.EXPIRED)
        raise PaidTooLate(order.number)


def _book_paid(lines: Sequence[OrderLine], tenant: Tenant, payment: Payment | None = None) -> bool:
    """Take what was reserved out of stock and book the order; False if it is no longer reserved.

    ``lines`` are those of ``locked_lines``; no ``payment`` where nothing was left to pay.
    """
    order = lines[0].order
    if not stock_services.commit_reservation(reference=order.id):
        return False
    with one_page(), unit_of_work.gather_writes():
        note(rules_version_selectors.active_rules, rules_version_selectors.rules_from_row(lines[0].in_force))  # type: ignore[attr-defined]
        legs = order_legs.member_legs(order, lines, tenant, payment.gateway if payment else "")
        book_order(order, lines, tenant, legs, payment_id=payment.id if payment else None)
    return True


def book_order(
    order: Order,
    lines: Sequence[OrderLine],
    tenant: Tenant,
    legs: Sequence[Leg],
    payment_id: UUID | None = None,
) -> None:
    """Write a paid order into the books: supplier orders, what suppliers are owed, the ledger's transfer."""
    supplier_orders = supplier_order_services.create_supplier_orders(
        tenant=tenant,
        order_id=order.id,
        order_number=order.number,
        shop_name=pick(tenant.name, tenant.locale),
        ship_to=order.ship_to,
        currency=order.currency,
        drafts=order_legs.supplier_drafts(order, lines),
        is_new=True,
    )
    policies: dict[UUID, str] = {line.supplier_id: line.settlement_policy for line in lines}  # type: ignore[attr-defined]
    payable_services.record_payables(
        tenant_id=tenant.id,
        order_id=order.id,
        currency=order.currency,
        payment_id=payment_id,
        owed=[
            payable_services.Owed(row.supplier_id, row.id, row.payable, policies[row.supplier_id])
            for row in supplier_orders
        ],
    )
    order.state, order.paid_at = State.PAID, clock.now()
    unit_of_work.update(order, ["state", "paid_at"])
    outbox.emit(order_legs.PAID, {"order_id": str(order.id)})
    # The ledger is last: its locks are those that all orders share.
    ledger_services.post(
        tenant_id=tenant.id,
        kind=order_legs.PAID,
        idempotency_key=str(order.id),
        legs=[leg for leg in legs if leg.amount],
        subject_id=order.id,
        rule_version=order.rules_version,
    )


def move(order: Order, state: str) -> None:
    """Take an order to its next state. Raises Conflict where MOVES has no such move."""
    if state not in MOVES[order.state]:
        raise Conflict(
            _("an order that is %(now)s cannot become %(next)s")
            % {"now": order.get_state_display(), "next": Order.State(state).label},
            field="state",
            value=order.state,
            code="wrong_state",
        )
    order.state = state
    order.save(update_fields=["state"])


def count_refund(
    order: Order, *, amount: int, freight: int, lines: Iterable[tuple[UUID, int, int]], sign: int = 1
) -> None:
    """Add a refund to what an order gives back, or take it off again (``sign`` -1). The order is locked.

    ``lines``: (line id, minor units, quantity).
    """
    for line_id, paid, quantity in lines:
        OrderLine.objects.filter(id=line_id).update(
            refunded=F("refunded") + sign * paid, refunded_quantity=F("refunded_quantity") + sign * quantity
        )
    order.refunded += sign * amount
    order.freight_refunded += sign * freight
    order.save(update_fields=["refunded", "freight_refunded"])


def cancel_order(*, order_id: UUID, acting_user: User) -> Order:
    """Cancel an order that is not paid, free its stock, put its goods back into the cart. Again: no change.

    Then gives its payment up at the gateway; money that is on its way nevertheless goes back by itself.
    """
    with transaction.atomic(durable=True):
        if Order.objects.filter(id=order_id, state=State.PLACED).exists():
            cart_services.put_back(order_id=order_id)  # carts are locked before orders
        order = locked_order(order_id)
        if order.state != State.CANCELLED:
            _close(order, State.CANCELLED)
    if order.payment_id is not None:
        payment_services.cancel_payment(payment_id=order.payment_id)
    return order


def expire_order(*, order_id: UUID) -> None:
    """Close an order that was not paid in time and free its stock. Must run inside a transaction."""
    order = locked_order(order_id)
    if order.state == State.PLACED:
        _close(order, State.EXPIRED)
        if order.payment_id is not None:
            payment_services.cancel_soon(payment_id=order.payment_id)


def _close(order: Order, state: str) -> None:
    move(order, state)
    stock_services.release_reservation(reference=order.id)
    attribution_services.release_first_order(order_id=order.id)
    red_packet_services.release(order)
    goods_subsidy_services.release(order)
    outbox.emit("order.closed", {"order_id": str(order.id), "state": state})


def receive_order(*, order_id: UUID, acting_user: User) -> None:
    """The member has everything: mark each supplier's parcels as received; vouchers wait to be redeemed.

    All of them or none. Raises Conflict if the order is not on its way.
    """
    with transaction.atomic(durable=True):
        order = locked_order(order_id)
        if order.state != State.SHIPPED:
            raise Conflict(
                _("only an order on its way can be received"),
                field="state",
                value=order.state,
                code="wrong_state",
            )
        rows = supplier_order_selectors.supplier_orders_of(order_id)
        for row in sorted(rows, key=lambda row: row.id):
            if row.state == SupplierOrder.State.SHIPPED and row.delivery == SupplierOrder.Delivery.PARCEL:
                supplier_order_services.receive(supplier_order_id=row.id, acting_user=acting_user)
        follow_supplier_orders(order_id=order_id)


def follow_supplier_orders(*, order_id: UUID) -> None:
    """Let the order follow its supplier orders: shipped when all are sent, received when all have arrived.

    Those that were cancelled do not count. So an order is received, and the holding period of its earnings
    begins, when the last of all suppliers' goods has arrived. Must run inside a transaction.
    """
    order = locked_order(order_id)
    states = {row.state for row in supplier_order_selectors.supplier_orders_of(order_id)}
    states -= {SupplierOrder.State.CANCELLED}
    sent = {SupplierOrder.State.SHIPPED, SupplierOrder.State.RECEIVED}
    if order.state == State.PAID and states and states <= sent:
        move(order, State.SHIPPED)
        outbox.emit("order.shipped", {"order_id": str(order.id)})
    if order.state == State.SHIPPED and states == {SupplierOrder.State.RECEIVED}:
        move(order, State.RECEIVED)
        outbox.emit("order.received", {"order_id": str(order.id)})
