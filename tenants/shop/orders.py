"""An order's life after it was placed. The machine's moves are in MOVES; no other move exists."""

import logging
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.payments import services as payments
from billing.payments.models import Payment, Refund
from billing.payments.purposes import PaidTooLate
from catalog import services as catalog
from fulfilment import selectors as fulfilment
from fulfilment import services as fulfilment_services
from fulfilment.models import SupplierOrder
from kernel import audit, outbox
from kernel.errors import Conflict, NotFound, OutOfStock
from tenants.registry.selectors import current_tenant
from tenants.shop import settlement
from tenants.shop.models import Order

logger = logging.getLogger(__name__)
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


def _locked(order_id: UUID) -> Order:
    order = Order.objects.select_for_update(of=("self",)).filter(id=order_id).first()
    if order is None:
        raise NotFound(_("there is no such order"), field="order", value=order_id)
    return order


def _move(order: Order, state: str) -> None:
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
    order = _locked(payment.reference_id)
    if order.state not in {State.PLACED, State.CANCELLED, State.EXPIRED}:
        return
    if order.state != State.PLACED:
        raise PaidTooLate(order.number)
    try:
        with transaction.atomic():
            settlement.settle_paid(order=order, tenant=current_tenant(), payment_id=payment.id)
    except OutOfStock:
        _close(order, State.EXPIRED)
        raise PaidTooLate(order.number) from None


def mark_refunded(refund: Refund) -> None:
    """The money of a whole order went back: called inside the transaction that handles the news."""
    order = _locked(refund.payment.reference_id)
    if order.state not in {State.PAID, State.SHIPPED, State.RECEIVED}:
        return
    if refund.amount != order.total:
        logger.error("refund of another amount than the order's", extra={"order": order.number})
        return
    settlement.reverse_paid(order=order, tenant=current_tenant())
    _move(order, State.REFUNDED)


def cancel_order(*, order_id: UUID, acting_user: User) -> Order:
    """Cancel an order that is not paid, and free its stock at once. Again: no change.

    Then gives its payment up at the gateway; money that is on its way nevertheless goes back by itself.
    """
    with transaction.atomic(durable=True):
        order = _locked(order_id)
        if order.state != State.CANCELLED:
            _close(order, State.CANCELLED)
    if order.payment_id is not None:
        payments.cancel_payment(payment_id=order.payment_id)
    return order


def expire_order(*, order_id: UUID) -> None:
    """Close an order that was not paid in time and free its stock. Must run inside a transaction."""
    order = _locked(order_id)
    if order.state == State.PLACED:
        _close(order, State.EXPIRED)
        if order.payment_id is not None:
            payments.cancel_soon(payment_id=order.payment_id)


def _close(order: Order, state: str) -> None:
    _move(order, state)
    catalog.release_reservation(reference=order.id)
    outbox.emit("order.closed", {"order_id": str(order.id), "state": state})


def refund_order(*, order_id: UUID, reason: str, acting_user: User) -> Refund | None:
    """Give the whole order's money back; shares, fees and payables follow when the money has gone.

    A partner's order goes back to the prepaid balance at once and returns None. Calls the gateway after
    its own transaction. Raises Conflict if the order is not paid. Again: the same refund, or a new one if
    the gateway had refused it.
    """
    with transaction.atomic(durable=True):
        # The payment before the order, as where its news are handled.
        Payment.objects.select_for_update().filter(reference_id=order_id).first()
        order = _locked(order_id)
        if State.REFUNDED not in MOVES[order.state]:
            raise Conflict(
                _("only a paid order can be refunded"), field="state", value=order.state, code="wrong_state"
            )
        order.refund_reason = reason[:300]
        order.save(update_fields=["refund_reason"])
        audit.record(
            "order.refund",
            actor=acting_user,
            object_type="order",
            object_id=order.id,
            object_label=order.number,
            reason=reason,
        )
        if order.channel == Order.Channel.API:
            settlement.reverse_paid(order=order, tenant=current_tenant())
            _move(order, State.REFUNDED)
            return None
        assert order.payment_id is not None
        refund = payments.request_refund(
            payment_id=order.payment_id,
            amount=order.total,
            reason=reason,
            acting_user=acting_user,
            idempotency_key=f"order:{order.id}",
        )
    return payments.send_refund(refund_id=refund.id)


def receive_order(*, order_id: UUID, acting_user: User) -> None:
    """The member has everything: mark each supplier's part as received."""
    order = Order.objects.get(id=order_id)
    if order.state != State.SHIPPED:
        raise Conflict(
            _("only an order on its way can be received"),
            field="state",
            value=order.state,
            code="wrong_state",
        )
    for part in fulfilment.parts_of(order_id):
        if part.state == SupplierOrder.State.SHIPPED:
            fulfilment_services.receive(supplier_order_id=part.id, acting_user=acting_user)
    with transaction.atomic(durable=True):
        follow_parts(order_id=order_id)


def follow_parts(*, order_id: UUID) -> None:
    """Let the order follow its parts: shipped when all are sent, received when all have arrived."""
    order = _locked(order_id)
    states = {part.state for part in fulfilment.parts_of(order_id)} - {SupplierOrder.State.CANCELLED}
    sent = {SupplierOrder.State.SHIPPED, SupplierOrder.State.RECEIVED}
    if order.state == State.PAID and states and states <= sent:
        _move(order, State.SHIPPED)
        outbox.emit("order.shipped", {"order_id": str(order.id)})
    if order.state == State.SHIPPED and states == {SupplierOrder.State.RECEIVED}:
        _move(order, State.RECEIVED)
        outbox.emit("order.received", {"order_id": str(order.id)})
