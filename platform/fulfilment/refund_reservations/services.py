"""Units whose money is on its way back: from the request on nobody can send or redeem them.

A refund is asked for, the gateway sends the money, and only then goods and money are both gone for good.
In between the units are reserved for their cause (the refund, or the after-sales case that will ask for it).
When the money has gone the reservation is committed; when it could not go, it is released.

All of these join the transaction of their cause; they lock its supplier orders first, by supplier.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.models import SupplierOrder, SupplierOrderLine
from fulfilment.refund_reservations.models import RefundReservation
from fulfilment.vouchers import services as voucher_services
from fulfilment.vouchers.models import Voucher
from kernel.database.unit_of_work import joins_transaction
from kernel.ids import new_id

Delivery = SupplierOrder.Delivery


@joins_transaction
def reserve(*, cause_id: UUID, order_id: UUID, quantities: Mapping[UUID, int] | None = None) -> None:
    """Reserve units of an order (variant id -> units; all without ``quantities``) that did not go out.

    Of vouchers the unused ones are reserved first, then what is left of used ones. A second call for the
    same cause reserves as much again.
    """
    for order in _locked(order_id):
        for line in _lines(order):
            units = line.quantity if quantities is None else quantities.get(line.variant_id, 0)
            reserve_line(cause_id=cause_id, line=line, units=units)


@joins_transaction
def reserve_line(*, cause_id: UUID, line: SupplierOrderLine, units: int) -> None:
    """Reserve ``units`` of one line, as far as there are any. The supplier order is locked."""
    if line.supplier_order.delivery == Delivery.VOUCHER:
        vouchers = Voucher.objects.select_for_update().filter(line=line).order_by("redeemed", "-position")
        for voucher in [voucher for voucher in vouchers if voucher.left][:units]:
            RefundReservation.objects.create(
                cause_id=cause_id, line=line, voucher=voucher, units=voucher.left
            )
            voucher.refunding += voucher.left
            voucher.save(update_fields=["refunding"])
    elif units := min(line.waiting, units):
        RefundReservation.objects.create(cause_id=cause_id, line=line, units=units)
        line.refunding += units
        line.save(update_fields=["refunding"])


@joins_transaction
def hand_over(*, cause_id: UUID, to: UUID) -> None:
    """Give what is reserved for one cause to another."""
    RefundReservation.objects.filter(cause_id=cause_id).update(cause_id=to)


@joins_transaction
def commit(*, cause_id: UUID, order_id: UUID) -> dict[UUID, int]:
    """The money has gone: make sure that what was reserved is never sent or redeemed. Again: no change.

    Returns the units of each variant that are free to be sold again: those not sent, and vouchers nobody
    had used.
    """
    freed: dict[UUID, int] = {}
    for order in _locked(order_id):
        lines = _lines(order)
        for line, reservation in _take(cause_id, order, lines):
            if reservation.voucher is None:
                line.cancelled += reservation.units
                units = reservation.units
            else:
                reservation.voucher.refunded += reservation.units
                reservation.voucher.save(update_fields=["refunding", "refunded"])
                units = int(reservation.units == reservation.voucher.uses)
            if units:
                freed[line.variant_id] = freed.get(line.variant_id, 0) + units
        SupplierOrderLine.objects.bulk_update(lines, ["refunding", "cancelled"])
        if order.delivery == Delivery.VOUCHER:
            voucher_services.finish_if_used_up(order)
        else:
            supplier_order_services.update_state(order, lines)
    return freed


@joins_transaction
def release(*, cause_id: UUID, order_id: UUID) -> None:
    """The money stays: let what was reserved be sent or redeemed again. Again: no change."""
    for order in _locked(order_id):
        lines = _lines(order)
        vouchers = [
            reservation.voucher
            for _line, reservation in _take(cause_id, order, lines)
            if reservation.voucher is not None
        ]
        for voucher in vouchers:
            voucher.save(update_fields=["refunding"])
        SupplierOrderLine.objects.bulk_update(lines, ["refunding"])
        if vouchers:
            # Their time may have run out meanwhile.
            voucher_services.expire_vouchers(supplier_order_id=order.id)


@joins_transaction
def cancel_lines(*, order_id: UUID, quantities: Mapping[UUID, int] | None = None) -> dict[UUID, int]:
    """Stop units of an order (variant id -> units; all of them without ``quantities``) that did not go out.

    Returns what ``commit`` returns. What was sent stays sent, what is reserved stays with its cause.
    """
    cause_id = new_id()
    reserve(cause_id=cause_id, order_id=order_id, quantities=quantities)
    return commit(cause_id=cause_id, order_id=order_id)


def _take(
    cause_id: UUID, order: SupplierOrder, lines: list[SupplierOrderLine]
) -> Iterator[tuple[SupplierOrderLine, RefundReservation]]:
    """Delete the cause's reservations and lower the counters; the caller saves lines and vouchers."""
    line_by_id = {line.id: line for line in lines}
    vouchers = Voucher.objects.select_for_update().filter(line__supplier_order=order)
    voucher_by_id = {voucher.id: voucher for voucher in vouchers}
    reservations = RefundReservation.objects.select_for_update().filter(
        cause_id=cause_id, line__supplier_order=order
    )
    for reservation in list(reservations.order_by("id")):
        reservation.delete()
        line = line_by_id[reservation.line_id]
        if reservation.voucher_id is None:
            line.refunding -= reservation.units
        else:
            reservation.voucher = voucher_by_id[reservation.voucher_id]
            reservation.voucher.refunding -= reservation.units
        yield line, reservation


@joins_transaction
def _locked(order_id: UUID) -> list[SupplierOrder]:
    orders = SupplierOrder.objects.select_for_update(of=("self",)).filter(order_id=order_id)
    return list(orders.order_by("supplier_id", "delivery"))


def _lines(order: SupplierOrder) -> list[SupplierOrderLine]:
    lines = list(order.lines.select_for_update().order_by("id"))
    for line in lines:
        line.supplier_order = order
    return lines
