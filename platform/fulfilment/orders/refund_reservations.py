"""Units whose money is on its way back: from the request on nobody can send or redeem them.

A refund is asked for, the gateway sends the money, and only then goods and money are both gone for good.
In between the units are held for their cause (the refund, or the after-sales case that will ask for it).
When the money has gone the hold is carried out; when it could not go, it is released.

All of these must run inside a transaction; they lock the supplier orders first, in the order of suppliers.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db import connection

from fulfilment.models import Hold, SupplierOrder, SupplierOrderLine, Voucher
from fulfilment.orders import parcels
from fulfilment.vouchers import services as voucher_services
from kernel.ids import new_id

Delivery = SupplierOrder.Delivery


def hold(*, cause_id: UUID, order_id: UUID, quantities: Mapping[UUID, int] | None = None) -> None:
    """Hold units of an order (variant id -> units; all without ``quantities``) that did not go out.

    Of vouchers the unused ones are held first, then what is left of used ones. Whoever holds twice for one
    cause holds twice as much.
    """
    for order in _locked(order_id):
        for line in _lines(order):
            wanted = line.quantity if quantities is None else quantities.get(line.variant_id, 0)
            hold_line(cause_id=cause_id, line=line, units=wanted)


def hold_line(*, cause_id: UUID, line: SupplierOrderLine, units: int) -> None:
    """Hold ``units`` of one line, as far as there are any. The supplier order is locked."""
    if line.supplier_order.delivery == Delivery.VOUCHER:
        rows = Voucher.objects.select_for_update().filter(line=line).order_by("redeemed", "-position")
        for voucher in [row for row in rows if row.left][:units]:
            Hold.objects.create(cause_id=cause_id, line=line, voucher=voucher, units=voucher.left)
            voucher.held += voucher.left
            voucher.save(update_fields=["held"])
    elif units := min(line.waiting, units):
        Hold.objects.create(cause_id=cause_id, line=line, units=units)
        line.held += units
        line.save(update_fields=["held"])


def hand_over(*, cause_id: UUID, to: UUID) -> None:
    """What was held for one cause is held for another from now on."""
    Hold.objects.filter(cause_id=cause_id).update(cause_id=to)


def carry_out(*, cause_id: UUID, order_id: UUID) -> dict[UUID, int]:
    """The money has gone: what was held will never be sent or redeemed. Again: no change.

    Returns the units of each variant that are free to be sold again: those not sent, and vouchers nobody
    had used.
    """
    freed: dict[UUID, int] = {}
    for order in _locked(order_id):
        lines = _lines(order)
        for line, row in _take(cause_id, order, lines):
            if row.voucher is None:
                line.cancelled += row.units
                units = row.units
            else:
                row.voucher.refunded += row.units
                row.voucher.save(update_fields=["held", "refunded"])
                units = int(row.units == row.voucher.uses)
            if units:
                freed[line.variant_id] = freed.get(line.variant_id, 0) + units
        SupplierOrderLine.objects.bulk_update(lines, ["held", "cancelled"])
        if order.delivery == Delivery.VOUCHER:
            voucher_services.follow(order)
        else:
            parcels.follow(order, lines)
    return freed


def release(*, cause_id: UUID, order_id: UUID) -> None:
    """The money stays: what was held can be sent or redeemed again. Again: no change."""
    for order in _locked(order_id):
        lines = _lines(order)
        held = list(_take(cause_id, order, lines))
        for _line, row in held:
            if row.voucher is not None:
                row.voucher.save(update_fields=["held"])
        SupplierOrderLine.objects.bulk_update(lines, ["held"])
        if any(row.voucher for _line, row in held):
            # Their time may have run out meanwhile.
            voucher_services.expire(supplier_order_id=order.id)


def cancel_lines(*, order_id: UUID, quantities: Mapping[UUID, int] | None = None) -> dict[UUID, int]:
    """Stop units of an order (variant id -> units; all of them without ``quantities``) that did not go out.

    Returns what ``carry_out`` returns. What was sent stays sent, what is held stays with its cause.
    """
    cause_id = new_id()
    hold(cause_id=cause_id, order_id=order_id, quantities=quantities)
    return carry_out(cause_id=cause_id, order_id=order_id)


def _take(
    cause_id: UUID, order: SupplierOrder, lines: list[SupplierOrderLine]
) -> Iterator[tuple[SupplierOrderLine, Hold]]:
    """Remove what is held of this supplier order, off the counters; the caller saves lines and vouchers."""
    by_id = {line.id: line for line in lines}
    known = {row.id: row for row in Voucher.objects.select_for_update().filter(line__supplier_order=order)}
    rows = Hold.objects.select_for_update().filter(cause_id=cause_id, line__supplier_order=order)
    for row in list(rows.order_by("id")):
        row.delete()
        if row.voucher_id is None:
            by_id[row.line_id].held -= row.units
        else:
            row.voucher = known[row.voucher_id]
            row.voucher.held -= row.units
        yield by_id[row.line_id], row


def _locked(order_id: UUID) -> list[SupplierOrder]:
    if not connection.in_atomic_block:
        raise RuntimeError("goods are held in the transaction of their cause")
    orders = SupplierOrder.objects.select_for_update(of=("self",)).filter(order_id=order_id)
    return list(orders.order_by("supplier_id", "delivery"))


def _lines(order: SupplierOrder) -> list[SupplierOrderLine]:
    lines = list(order.lines.select_for_update().order_by("id"))
    for line in lines:
        line.supplier_order = order
    return lines
