"""Refunds of orders: whole, by line, by amount, freight; several on one, before and after it was shipped.

A refund is written down with all it will take (``tenants.shop.refunds.plan``), its money is sent by the
gateway, and when that has gone one transaction takes everything back: earnings, fee, margin, what suppliers
are owed. The part that subsidies had paid goes back to their budgets. What suppliers and members were paid
already becomes their debt and is netted from what they get next. What the gateway refuses takes nothing. A
partner's order goes back to the prepaid balance at once.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payments.models import Payment, Refund
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.payables import services as payable_services
from catalog.models import Product
from catalog.stock import services as stock_services
from fulfilment.models import SupplierOrder
from fulfilment.refund_reservations import services as refund_reservation_services
from kernel import audit, clock
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict
from kernel.events import outbox
from kernel.models import NO_ONE
from kernel.money.money import format_money
from tenants.agents.earnings import services as earning_services
from tenants.registry.selectors import current_tenant
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders import services as order_services
from tenants.shop.orders.legs import leg_of
from tenants.shop.orders.models import REFUNDABLE, Order
from tenants.shop.promotions.goods_subsidies import services as goods_subsidy_services
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.refunds.models import OrderRefund, OrderRefundLine
from tenants.shop.refunds.plan import FIXED, RefundPlan, RefundScope, make_plan, planned, refundable_of

logger = logging.getLogger(__name__)
REFUNDED, REFUND_FAILED = "order.refunded", "order.refund_failed"
TRANSIT: dict[str, AccountKind] = {
    OrderRefund.Cause.DISPUTE: AccountKind.DISPUTED,
    OrderRefund.Cause.FOREIGN: AccountKind.FOREIGN_REFUND,
}
"""Where the money of a refund that others made has been booked already."""
State = OrderRefund.State
Delivery = SupplierOrder.Delivery


def refund_order(
    *,
    order_id: UUID,
    reason: str,
    acting_user: User | str,
    idempotency_key: str,
    stop_shipping: bool = True,
    **scope: Unpack[RefundScope],
) -> OrderRefund:
    """Give money of a paid order back and take everybody's part of it back. Must run outside any transaction.

    ``scope`` says what goes back (see ``RefundScope``). With ``stop_shipping`` units that were not sent yet
    will not be, and can be sold again.

    Calls the gateway after its own transaction and raises nothing the gateway says: ``state`` shows it. The
    same key again: the same refund, or a new one if the gateway had refused it; with another content
    Conflict. Raises Conflict for an order that is not paid, InvalidInput for more than is left.
    """
    with transaction.atomic(durable=True):
        row = _write(order_id, reason, acting_user, idempotency_key, scope, stop_shipping)
    if row.payment_refund_id is not None and row.state == State.REQUESTED:
        payment_refund_services.send_refund(refund_id=row.payment_refund_id)
        row.refresh_from_db()
    return row


@joins_transaction
def request_refund(
    *,
    order_id: UUID,
    reason: str,
    acting_user: User | str,
    idempotency_key: str,
    stop_shipping: bool = True,
    reserved_for: UUID | None = None,
    **scope: Unpack[RefundScope],
) -> OrderRefund:
    """Like ``refund_order`` inside the caller's transaction; a worker sends the money once it has committed.

    Units that the caller has reserved for ``reserved_for`` are reserved for the refund from now on, and
    stopped with it.
    """
    row = _write(order_id, reason, acting_user, idempotency_key, scope, stop_shipping, reserved_for)
    if row.payment_refund_id is not None and row.state == State.REQUESTED:
        payment_refund_services.send_soon(refund_id=row.payment_refund_id)
    return row


def _write(
    order_id: UUID,
    reason: str,
    acting_user: User | str,
    idempotency_key: str,
    scope: RefundScope,
    stop_shipping: bool,
    reserved_for: UUID | None = None,
) -> OrderRefund:
    # The payment before the order, as where its events are handled.
    Payment.objects.select_for_update().filter(purpose=order_services.PURPOSE, reference_id=order_id).first()
    order = order_selectors.locked_order(order_id)
    request_hash = _hash(scope, stop_shipping)
    earlier = OrderRefund.objects.filter(order=order, idempotency_key=idempotency_key).first()
    if earlier is not None and earlier.state == State.FAILED:
        # It stays as a record; its key is free, or what the gateway refused once could never go back.
        earlier.idempotency_key = f"{idempotency_key[:120]}:{earlier.id}"
        earlier.save(update_fields=["idempotency_key"])
        earlier = None
    if earlier is not None:
        if earlier.request_hash != request_hash:
            raise Conflict(
                _("this key was already used for another refund"),
                field="idempotency_key",
                value=idempotency_key,
                remedy=_("use a new key for a new refund"),
                code="idempotency_conflict",
            )
        return earlier
    if order.state not in REFUNDABLE:
        raise Conflict(
            _("only a paid order can be refunded"), field="state", value=order.state, code="wrong_state"
        )
    plan = make_plan(refundable_of(order), currency=order.currency, **scope)
    row = record_refund(
        order,
        plan,
        reason=reason,
        requested_by=acting_user,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
        stops_shipping=stop_shipping,
    )
    if reserved_for is not None:
        refund_reservation_services.hand_over(cause_id=reserved_for, to=row.id)
    if order.channel == Order.Channel.API or not plan.amount:
        book_refund(order, row)
        return row
    assert order.payment_id is not None
    row.payment_refund_id = payment_refund_services.request_refund(
        payment_id=order.payment_id,
        amount=plan.amount,
        reason=reason,
        acting_user=acting_user,
        idempotency_key=f"order-refund:{row.id}",
    ).id
    row.save(update_fields=["payment_refund_id"])
    return row


def _hash(scope: RefundScope, stop_shipping: bool) -> str:
    amounts: list[Mapping[UUID, int] | int | None] = [
        scope.get("lines"),
        scope.get("amount"),
        scope.get("freight"),
        scope.get("line_amounts"),
    ]
    content = [
        {str(key): entry[key] for key in sorted(entry)} if isinstance(entry, Mapping) else entry
        for entry in amounts
    ]
    return hashlib.sha256(json.dumps([*content, stop_shipping]).encode()).hexdigest()


def record_refund(
    order: Order,
    plan: RefundPlan,
    *,
    reason: str,
    requested_by: User | str,
    idempotency_key: str,
    request_hash: str = "",
    stops_shipping: bool = True,
    cause: str = OrderRefund.Cause.REFUND,
) -> OrderRefund:
    """Write a refund down and take its sums off what can still be refunded. The order is locked.

    Units that it stops are reserved from now on: nobody sends or redeems what is being paid back.
    """
    row = OrderRefund.objects.create(
        order=order,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
        cause=cause,
        amount=plan.amount,
        freight={str(key): amount for key, amount in plan.freight.items()},
        stops_shipping=stops_shipping,
        reason=reason[:300],
        requested_by=str(requested_by)[:200],
    )
    OrderRefundLine.objects.bulk_create(
        OrderRefundLine(
            refund=row,
            line=part.line,
            quantity=part.quantity,
            amount=part.amount,
            cost=part.parts[0],
            fee=part.parts[1],
            subsidy=part.subsidy,
            red_packet=part.red_packet,
            earnings=list(part.parts[FIXED:]),
        )
        for part in plan.lines
    )
    _count(order, plan, 1)
    if stops_shipping:
        units: dict[UUID, int] = {}
        for part in plan.lines:
            units[part.line.variant_id] = units.get(part.line.variant_id, 0) + part.quantity
        is_whole = _is_whole(order, [State.REQUESTED, State.DONE])
        refund_reservation_services.reserve(
            cause_id=row.id, order_id=order.id, quantities=None if is_whole else units
        )
    audit.record(
        "order.refund",
        actor=requested_by,
        object_type="order",
        object_id=order.id,
        object_label=order.number,
        changes={"amount": format_money(plan.amount, order.currency, "en")},
        reason=reason,
    )
    return row


def _count(order: Order, plan: RefundPlan, sign: int) -> None:
    order_services.count_refund(
        order,
        amount=plan.amount,
        freight=sum(plan.freight.values()),
        lines=[(part.line.id, part.paid, part.quantity) for part in plan.lines],
        sign=sign,
    )


def _is_whole(order: Order, states: Sequence[str]) -> bool:
    """True if the refunds in these states give all of an order back: to its buyer, and to budgets."""
    refunds = OrderRefund.objects.filter(order=order, state__in=states)
    paid = refunds.aggregate(sum=Sum("amount", default=0))["sum"]
    lines = OrderRefundLine.objects.filter(refund__in=refunds)
    gifts = lines.aggregate(sum=Sum(F("subsidy") + F("red_packet"), default=0))["sum"]
    return bool(paid == order.total and gifts == order.subsidy + order.red_packet)


def _source(order: Order, row: OrderRefund, amount: int) -> Leg:
    tenant, currency = current_tenant(), order.currency
    if order.channel == Order.Channel.API:
        return leg_of(tenant, "tenant", tenant.id, AccountKind.TENANT_PREPAID, currency, amount)
    if row.cause in TRANSIT:
        return leg_of(tenant, "tenant", tenant.id, TRANSIT[row.cause], currency, amount)
    assert order.payment_id is not None
    gateway = Payment.objects.values_list("gateway", flat=True).get(id=order.payment_id)
    return clearing_leg(gateway, currency, amount)


def book_refund(order: Order, row: OrderRefund) -> None:
    """The money has gone: take back what the refund was to take. The order is locked; again: no change."""
    if row.state != State.REQUESTED:
        return
    tenant, plan, currency = current_tenant(), planned(row), order.currency
    row.state, row.done_at, row.last_error = State.DONE, clock.now(), ""
    row.save(update_fields=["state", "done_at", "last_error"])
    is_whole = _is_whole(order, [State.DONE])
    # Stock before payables and ledger, as when an order is paid: the two must not wait for each other.
    freed = refund_reservation_services.commit(cause_id=row.id, order_id=order.id)
    if row.stops_shipping and is_whole:
        for variant_id, count in refund_reservation_services.cancel_lines(order_id=order.id).items():
            freed[variant_id] = freed.get(variant_id, 0) + count
    stock_services.restock(quantities=freed)
    from_suppliers = payable_services.claw_back(
        order_id=order.id, amounts=_of_supplier_orders(order.id, plan)
    )
    legs = [
        *([_source(order, row, plan.amount)] if plan.amount else []),
        *goods_subsidy_services.returned_legs(order, plan.subsidies),
        *red_packet_services.returned_legs(order, plan.red_packet, is_whole=is_whole),
        leg_of(tenant, "platform", NO_ONE, AccountKind.PLATFORM_FEE, currency, -plan.fee),
    ]
    for supplier_id, (unpaid, paid) in sorted(from_suppliers.items()):
        legs += [
            leg_of(tenant, "supplier", supplier_id, AccountKind.SUPPLIER_PAYABLE, currency, -unpaid),
            leg_of(tenant, "supplier", supplier_id, AccountKind.SUPPLIER_RECEIVABLE, currency, -paid),
        ]
    if order.channel == Order.Channel.SHOP:
        legs += earning_services.claw_back(
            order_id=order.id, amounts=plan.earnings, goods=plan.goods, is_whole=is_whole
        )
    if plan.amount or any(leg.amount for leg in legs):
        ledger_services.post(
            tenant_id=tenant.id,
            kind=REFUNDED,
            idempotency_key=str(row.id),
            legs=[leg for leg in legs if leg.amount],
            subject_id=order.id,
            rule_version=order.rules_version,
        )
    if is_whole:
        order_services.move(order, Order.State.REFUNDED)
    else:
        order_services.follow_supplier_orders(order_id=order.id)
    outbox.emit(
        REFUNDED,
        {
            "order_id": str(order.id),
            "refund_id": str(row.id),
            "amount": row.amount,
            "is_whole": is_whole,
        },
    )


def _of_supplier_orders(order_id: UUID, plan: RefundPlan) -> dict[UUID, int]:
    """What each supplier order gives back: goods by how they are delivered, freight where parcels are."""
    keys = {
        (supplier_id, delivery): key
        for supplier_id, delivery, key in SupplierOrder.objects.filter(order_id=order_id).values_list(
            "supplier_id", "delivery", "id"
        )
    }
    amounts: dict[UUID, int] = {}
    for part in plan.lines:
        is_voucher = part.line.kind == Product.Kind.VOUCHER
        key = keys[part.line.supplier_id, Delivery.VOUCHER if is_voucher else Delivery.PARCEL]
        amounts[key] = amounts.get(key, 0) + part.parts[0]
    for supplier_id, amount in plan.freight.items():
        key = keys.get((supplier_id, Delivery.PARCEL)) or keys[supplier_id, Delivery.VOUCHER]
        amounts[key] = amounts.get(key, 0) + amount
    return amounts


def mark_refunded(money: Refund) -> None:
    """The money of a refund went back: called inside the transaction that handles the event, once or more."""
    order = order_selectors.locked_order(money.payment.reference_id)
    row = OrderRefund.objects.filter(order=order, payment_refund_id=money.id).first()
    if row is None:
        if order.state not in REFUNDABLE:
            logger.error("a refund of an order that has nothing left", extra={"order": order.number})
            return
        # Sent by the central team past the order: the earnings and payables follow all the same.
        row = record_refund(
            order,
            make_plan(refundable_of(order), currency=order.currency, amount=money.amount),
            reason=money.reason,
            requested_by=money.requested_by,
            idempotency_key=f"payment-refund:{money.id}",
        )
        row.payment_refund_id = money.id
        row.save(update_fields=["payment_refund_id"])
    book_refund(order, row)


def mark_failed(money: Refund) -> None:
    """The gateway will not send it: what it was to take can be refunded anew."""
    order = order_selectors.locked_order(money.payment.reference_id)
    row = OrderRefund.objects.filter(order=order, payment_refund_id=money.id).first()
    if row is not None:
        fail_refund(order, row, error=money.last_error)


def fail_refund(order: Order, row: OrderRefund, *, error: str) -> None:
    """A refund takes nothing after all. The order is locked; again: no change."""
    if row.state != State.REQUESTED:
        return
    row.state, row.last_error = State.FAILED, error[:300]
    row.save(update_fields=["state", "last_error"])
    _count(order, planned(row), -1)
    refund_reservation_services.release(cause_id=row.id, order_id=order.id)
    outbox.emit(REFUND_FAILED, {"order_id": str(order.id), "refund_id": str(row.id)})
