"""An order's life after it was placed. The machine's moves are in MOVES; no other move exists."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.payments.models import Payment
from billing.payments.payments import services as payment_services
from billing.payments.purposes import PaidTooLate
from catalog.stock import services as stock_services
from fulfilment.models import SupplierOrder
from fulfilment.orders import selectors as order_selectors
from fulfilment.orders import services as order_services
from kernel import outbox
from kernel.errors import Conflict, NotFound
from tenants.agents.bindings import attribution
from tenants.registry.selectors import current_tenant
from tenants.shop.models import Order
from tenants.shop.orders import booking
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.subsidies import services as subsidy_services

State = Order.State
MOVES: dict[str, frozenset[str]] = {
    State.PLACED: frozenset({State.PAID, State.CANCELLED, State.EXPIRED}),
    State.PAID: frozenset({State.SHIPPED, State.REFUNDED}),
    State.SHIPPED: frozenset({State.RECEIVED, State.REFUNDED}),
    State.RECEIVED: frozenset({State.REFUNDED}),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
    State.REFUNDED: frozenset(),
}
REFUNDABLE = frozenset(state for state, moves in MOVES.items() if State.REFUNDED in moves)


def locked(order_id: UUID) -> Order:
    """Return the order with its row locked. Raises NotFound."""
    order = Order.objects.select_for_update(of=("self",)).filter(id=order_id).first()
    if order is None:
        raise NotFound(_("there is no such order"), field="order", value=order_id)
    return order


def move(order: Order, state: str) -> None:
    """Take an order to its next state. Raises Conflict where the machine has no such move."""
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


def mark_paid(payment: Payment) -> None:
    """The payment of an order succeeded: called inside the transaction that handles the news, once or more.

    Raises PaidTooLate where the order was cancelled, or its stock expired and went to others; the money then
    goes back by itself.
    """
    lines = booking.locked_lines(payment.reference_id)
    order = lines[0].order
    if order.state not in {State.PLACED, State.CANCELLED, State.EXPIRED}:
        return
    if order.state != State.PLACED:
        raise PaidTooLate(order.number)
    if not stock_services.commit_reservation(reference=order.id):
        _close(order, State.EXPIRED)
        raise PaidTooLate(order.number)
    booking.book_order(
        order=order,
        lines=lines,
        tenant=current_tenant(),
        payment_id=payment.id,
        gateway=payment.gateway,
    )


def cancel_order(*, order_id: UUID, acting_user: User) -> Order:
    """Cancel an order that is not paid, and free its stock at once. Again: no change.

    Then gives its payment up at the gateway; money that is on its way nevertheless goes back by itself.
    """
    with transaction.atomic(durable=True):
        order = locked(order_id)
        if order.state != State.CANCELLED:
            _close(order, State.CANCELLED)
    if order.payment_id is not None:
        payment_services.cancel_payment(payment_id=order.payment_id)
    return order


def expire_order(*, order_id: UUID) -> None:
    """Close an order that was not paid in time and free its stock. Must run inside a transaction."""
    order = locked(order_id)
    if order.state == State.PLACED:
        _close(order, State.EXPIRED)
        if order.payment_id is not None:
            payment_services.cancel_soon(payment_id=order.payment_id)


def _close(order: Order, state: str) -> None:
    move(order, state)
    stock_services.release_reservation(reference=order.id)
    attribution.release_first_order(order_id=order.id)
    red_packet_services.release(order)
    subsidy_services.release(order)
    outbox.emit("order.closed", {"order_id": str(order.id), "state": state})


def receive_order(*, order_id: UUID, acting_user: User) -> None:
    """The member has everything: mark each supplier's parcels as received; vouchers wait to be redeemed."""
    order = Order.objects.get(id=order_id)
    if order.state != State.SHIPPED:
        raise Conflict(
            _("only an order on its way can be received"),
            field="state",
            value=order.state,
            code="wrong_state",
        )
    for part in order_selectors.supplier_orders_of(order_id):
        if part.state == SupplierOrder.State.SHIPPED and part.delivery == SupplierOrder.Delivery.PARCEL:
            order_services.receive(supplier_order_id=part.id, acting_user=acting_user)
    with transaction.atomic(durable=True):
        follow_supplier_orders(order_id=order_id)


def follow_supplier_orders(*, order_id: UUID) -> None:
    """Let the order follow its parts: shipped when all are sent, received when all have arrived.

    Parts that were cancelled do not count. So an order is received, and its earnings begin to wait, when the
    last of all suppliers' parts has arrived. Must run inside a transaction.
    """
    order = locked(order_id)
    states = {part.state for part in order_selectors.supplier_orders_of(order_id)} - {
        SupplierOrder.State.CANCELLED
    }
    sent = {SupplierOrder.State.SHIPPED, SupplierOrder.State.RECEIVED}
    if order.state == State.PAID and states and states <= sent:
        move(order, State.SHIPPED)
        outbox.emit("order.shipped", {"order_id": str(order.id)})
    if order.state == State.SHIPPED and states == {SupplierOrder.State.RECEIVED}:
        move(order, State.RECEIVED)
        outbox.emit("order.received", {"order_id": str(order.id)})
