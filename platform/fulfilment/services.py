"""Writes: a paid order is split; its parts are shipped, received or cancelled. Each may be repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from fulfilment import tracking_files
from fulfilment.models import Shipment, SupplierOrder, SupplierOrderLine
from fulfilment.tracking_files import TrackingReport, TrackingRow
from kernel import audit, clock, outbox
from kernel.errors import BanyanError, Conflict, InvalidInput, NotFound
from kernel.ids import new_id
from kernel.tenancy import PUBLIC

State = SupplierOrder.State


class TenantLike(Protocol):
    """A tenant, as far as a supplier order needs to know it."""

    id: Any
    schema_name: Any


@dataclass(frozen=True, slots=True)
class PartLine:
    """A variant and how many; ``unit_cost`` in minor units."""

    variant_id: UUID
    sku: str
    title: Mapping[str, str]
    options: Sequence[str]
    quantity: int
    unit_cost: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one supplier sends of an order; ``freight`` in minor units."""

    supplier_id: UUID
    freight: int
    lines: Sequence[PartLine]


def create_supplier_orders(
    *,
    tenant: TenantLike,
    order_id: UUID,
    order_number: str,
    shop_name: str,
    ship_to: Mapping[str, str],
    currency: str,
    parts: Sequence[Part],
) -> list[SupplierOrder]:
    """Write one supplier order per part. Must run inside the transaction that books the sale.

    Again for the same order: those that stand are returned and nothing is written.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("supplier orders are written in the transaction that books the sale")
    standing = list(SupplierOrder.objects.filter(order_id=order_id).order_by("supplier_id"))
    if standing:
        return standing
    # The number's tail is random: no supplier can guess another shop's numbers from its own.
    orders = [
        SupplierOrder(
            schema=tenant.schema_name,
            tenant_id=tenant.id,
            order_id=order_id,
            number=f"{order_number}-{new_id().hex[-4:].upper()}-{position}",
            supplier_id=part.supplier_id,
            shop_name=shop_name[:120],
            ship_to=dict(ship_to),
            currency=currency,
            cost=sum(line.unit_cost * line.quantity for line in part.lines),
            freight=part.freight,
        )
        for position, part in enumerate(sorted(parts, key=lambda part: part.supplier_id), 1)
    ]
    SupplierOrder.objects.bulk_create(orders)
    by_supplier = {order.supplier_id: order for order in orders}
    SupplierOrderLine.objects.bulk_create(
        SupplierOrderLine(
            supplier_order=by_supplier[part.supplier_id],
            variant_id=line.variant_id,
            sku=line.sku,
            title=dict(line.title),
            options=list(line.options),
            quantity=line.quantity,
            unit_cost=line.unit_cost,
        )
        for part in parts
        for line in part.lines
    )
    return orders


def ship(*, supplier_order_id: UUID, carrier: str, tracking_number: str, acting_user: Any) -> Shipment:
    """Write down a parcel; the first one moves the order on and makes the payable due.

    Again with the same carrier and number: the parcel that stands. Raises InvalidInput for an empty field,
    Conflict if the order was cancelled.
    """
    given: dict[str, Any] = {"carrier": carrier.strip(), "tracking_number": tracking_number.strip()}
    for field, value in given.items():
        if not 0 < len(value) <= 60:
            raise InvalidInput(
                _("this is needed and has at most 60 characters"),
                field=field,
                value=value,
                remedy=_("copy it from the parcel's label"),
            )
    with transaction.atomic():
        order = _locked(supplier_order_id)
        if order.state == State.CANCELLED:
            raise Conflict(
                _("this order was cancelled and must not be sent"), field="state", value=order.state
            )
        shipment, created = Shipment.objects.get_or_create(supplier_order=order, **given)
        if not created:
            return shipment
        audit.record(
            "supplier_order.shipped",
            actor=acting_user,
            object_type="fulfilment.supplierorder",
            object_id=order.id,
            object_label=order.number,
            changes=given,
            schema=PUBLIC,
        )
        if order.state == State.TO_SHIP:
            order.state, order.shipped_at = State.SHIPPED, clock.now()
            order.save(update_fields=["state", "shipped_at"])
            _tell("supplier_order.shipped", order)
    return shipment


def receive(*, supplier_order_id: UUID, acting_user: Any) -> SupplierOrder:
    """The goods of one part have arrived. Again: no change. Raises Conflict if they were not sent."""
    with transaction.atomic():
        order = _locked(supplier_order_id)
        if order.state == State.RECEIVED:
            return order
        if order.state != State.SHIPPED:
            raise Conflict(_("only what was sent can be received"), field="state", value=order.state)
        order.state, order.received_at = State.RECEIVED, clock.now()
        order.save(update_fields=["state", "received_at"])
        audit.record(
            "supplier_order.received",
            actor=acting_user,
            object_type="fulfilment.supplierorder",
            object_id=order.id,
            object_label=order.number,
        )
        _tell("supplier_order.received", order)
    return order


def cancel(*, order_id: UUID) -> list[SupplierOrder]:
    """Cancel the parts of an order that were not sent yet and return them. Must run inside a transaction."""
    waiting = list(
        SupplierOrder.objects.select_for_update(of=("self",))
        .filter(order_id=order_id, state=State.TO_SHIP)
        .order_by("supplier_id")
    )
    for order in waiting:
        order.state = State.CANCELLED
        order.save(update_fields=["state"])
        _tell("supplier_order.cancelled", order)
    return waiting


def ship_from_csv(*, supplier: Supplier, file: BinaryIO, acting_user: Any) -> TrackingReport:
    """Ship the supplier's orders that the file names; each line is taken or refused by itself.

    Lines without carrier and number are left for later; a parcel that is known already counts as such.
    Raises InvalidInput if the file as a whole cannot be read. Another supplier's order is as unknown as
    one that does not exist.
    """
    report = TrackingReport()
    for row in tracking_files.read_numbers(file):
        if not row.carrier and not row.tracking_number and row.number:
            report.empty += 1
            continue
        try:
            known = _ship_row(supplier, row, acting_user)
        except BanyanError as error:
            report.refuse(row, error)
        else:
            report.already += known
            report.shipped += not known
    return report


def _ship_row(supplier: Supplier, row: TrackingRow, acting_user: Any) -> bool:
    order = SupplierOrder.objects.filter(supplier=supplier, number=row.number).first() if row.number else None
    if row.fault:
        raise InvalidInput(row.fault, field="file", remedy=_("check quotation marks and commas here"))
    if order is None:
        raise NotFound(
            _("none of your orders has this number"),
            field="number",
            value=row.number,
            remedy=_("copy it from the list of orders to ship"),
        )
    if tracking_files.mangled(row.tracking_number):
        raise InvalidInput(
            _("the spreadsheet has shortened this tracking number"),
            field="tracking_number",
            value=row.tracking_number,
            remedy=_("format the column as text and type the number again"),
        )
    parcel = {"carrier": row.carrier.strip(), "tracking_number": row.tracking_number.strip()}
    known = order.shipments.filter(**parcel).exists()
    ship(supplier_order_id=order.pk, acting_user=acting_user, **parcel)
    return known


def _locked(supplier_order_id: UUID) -> SupplierOrder:
    order = SupplierOrder.objects.select_for_update(of=("self",)).filter(id=supplier_order_id).first()
    if order is None:
        raise NotFound(_("there is no such order"), field="supplier_order", value=supplier_order_id)
    return order


def _tell(topic: str, order: SupplierOrder) -> None:
    outbox.emit(
        topic,
        {
            "supplier_order_id": str(order.id),
            "order_id": str(order.order_id),
            "tenant_id": str(order.tenant_id),
            "supplier_id": str(order.supplier_id),
        },
        schema=order.schema,
    )
