"""Writes of supplier orders: created, shipped, received, cancelled. Each command may be repeated."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from fulfilment import fields
from fulfilment.events import emit
from fulfilment.orders.models import Shipment, SupplierOrder, SupplierOrderLine
from fulfilment.vouchers import services as voucher_services
from kernel import audit, clock
from kernel.database import unit_of_work
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.ids import new_id
from kernel.tenancy import PUBLIC, TenantLike

State, Delivery = SupplierOrder.State, SupplierOrder.Delivery


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A variant and how many; ``unit_cost`` in minor units; ``kind`` as in the catalogue."""

    variant_id: UUID
    sku: str
    title: Mapping[str, str]
    options: Sequence[str]
    quantity: int
    unit_cost: int
    kind: str = Product.Kind.PHYSICAL


@dataclass(frozen=True, slots=True)
class SupplierOrderDraft:
    """What one supplier is to send of an order; ``freight`` in minor units."""

    supplier_id: UUID
    freight: int
    lines: Sequence[DraftLine]


@joins_transaction
def create_supplier_orders(
    *,
    tenant: TenantLike,
    order_id: UUID,
    order_number: str,
    shop_name: str,
    ship_to: Mapping[str, str],
    currency: str,
    drafts: Sequence[SupplierOrderDraft],
    kind: str = SupplierOrder.Kind.SALE,
    is_new: bool = False,
) -> list[SupplierOrder]:
    """Write the supplier orders of an order.

    A supplier that sends parcels and vouchers gets one of each; freight belongs to the parcels, vouchers
    are issued at once. Again for the same order: those that stand are returned and nothing is written.
    ``is_new``: the caller has locked the order and knows that none stand; it saves a query.
    """
    standing = SupplierOrder.objects.filter(order_id=order_id).order_by("supplier_id", "delivery")
    if not is_new and (orders_there := list(standing)):
        return orders_there
    now = clock.now()
    # The number's tail is random: no supplier can guess another shop's numbers from its own.
    orders: dict[tuple[UUID, str], SupplierOrder] = {}
    lines: list[SupplierOrderLine] = []
    for position, (draft, delivery, own_lines) in enumerate(_split_by_delivery(drafts), 1):
        is_voucher = delivery == Delivery.VOUCHER
        order = orders[draft.supplier_id, delivery] = SupplierOrder(
            schema=tenant.schema_name,
            tenant_id=tenant.id,
            order_id=order_id,
            kind=kind,
            delivery=delivery,
            number=f"{order_number}-{new_id().hex[-4:].upper()}-{position}",
            supplier_id=draft.supplier_id,
            state=State.SHIPPED if is_voucher else State.TO_SHIP,
            shipped_at=now if is_voucher else None,
            shop_name=shop_name[:120],
            ship_to={} if is_voucher else dict(ship_to),
            currency=currency,
            cost=sum(line.unit_cost * line.quantity for line in own_lines),
            freight=0 if is_voucher and len(own_lines) < len(draft.lines) else draft.freight,
        )
        lines += [
            SupplierOrderLine(
                supplier_order=order,
                variant_id=line.variant_id,
                sku=line.sku,
                title=dict(line.title),
                options=list(line.options),
                quantity=line.quantity,
                unit_cost=line.unit_cost,
                shipped=line.quantity if is_voucher else 0,
            )
            for line in own_lines
        ]
    unit_of_work.insert(orders.values())
    unit_of_work.insert(lines)
    issued = [order for order in orders.values() if order.delivery == Delivery.VOUCHER]
    if issued:
        voucher_services.issue_vouchers([line for line in lines if line.supplier_order in issued])
        for order in issued:
            emit(order, "shipped")
    return list(orders.values())


def _split_by_delivery(
    drafts: Sequence[SupplierOrderDraft],
) -> Iterable[tuple[SupplierOrderDraft, str, list[DraftLine]]]:
    for draft in sorted(drafts, key=lambda draft: draft.supplier_id):
        for delivery in (Delivery.PARCEL, Delivery.VOUCHER):
            is_voucher = delivery == Delivery.VOUCHER
            lines = [line for line in draft.lines if (line.kind == Product.Kind.VOUCHER) == is_voucher]
            if lines:
                yield draft, delivery, lines


def ship(
    *,
    supplier_order_id: UUID,
    carrier: str,
    tracking_number: str,
    acting_user: Any,
    contents: Mapping[UUID, int] | None = None,
) -> Shipment:
    """Record a parcel. Once nothing waits any more, the order is on its way and its payable may fall due.

    ``contents`` says which units of which lines it holds (line id -> units); without it, all that wait.
    Again with the same carrier and number: the parcel that stands. Raises InvalidInput for an empty field
    or more units than wait, Conflict if the order was cancelled or needs no parcel, or nothing waits.
    """
    parcel = fields.parcel_of(carrier, tracking_number)
    with transaction.atomic(durable=True):
        order = locked_order(supplier_order_id)
        check_is_sent(order)
        if standing := order.shipments.filter(**parcel).first():
            return standing
        return record_parcel(order, locked_lines(order), parcel, contents, acting_user=acting_user)


def correct_parcel(*, shipment_id: UUID, carrier: str, tracking_number: str, acting_user: Any) -> Shipment:
    """Give a parcel the carrier and number that it really has; what is in it stays. Again: no change.

    Raises InvalidInput for an empty field, NotFound for an unknown parcel, Conflict if another parcel of the
    order has the number already.
    """
    parcel = fields.parcel_of(carrier, tracking_number)
    with transaction.atomic(durable=True):
        shipment = Shipment.objects.filter(id=shipment_id).first()
        if shipment is None:
            raise NotFound(_("there is no such parcel"), field="shipment", value=shipment_id)
        order = locked_order(shipment.supplier_order_id)
        return replace_parcel(order, order.shipments.get(id=shipment_id), parcel, acting_user=acting_user)


def check_is_sent(order: SupplierOrder) -> None:
    """Raise Conflict for an order that was cancelled, or is one of vouchers."""
    if order.state == State.CANCELLED:
        raise Conflict(_("this order was cancelled and must not be sent"), field="state", value=order.state)
    if order.delivery == Delivery.VOUCHER:
        raise Conflict(_("vouchers are redeemed, not sent"), field="delivery", value=order.delivery)


@joins_transaction
def locked_lines(order: SupplierOrder) -> list[SupplierOrderLine]:
    """Lock the lines of a locked order and return them in their order."""
    return list(order.lines.select_for_update().order_by("id"))


@joins_transaction
def record_parcel(
    order: SupplierOrder,
    lines: Sequence[SupplierOrderLine],
    parcel: Mapping[str, str],
    contents: Mapping[UUID, int] | None,
    *,
    acting_user: Any,
) -> Shipment:
    """Write a parcel of a locked order with its locked lines; see ``ship``."""
    packed = _packed(lines, contents)
    shipment = Shipment.objects.create(
        supplier_order=order,
        contents={str(line.id): units for line, units in packed.items()},
        **parcel,
    )
    _count_as_shipped(packed)
    audit.record_on(order, "supplier_order.shipped", actor=acting_user, changes=dict(parcel), schema=PUBLIC)
    update_state(order, lines)
    return shipment


@joins_transaction
def add_to_parcel(
    order: SupplierOrder,
    lines: Sequence[SupplierOrderLine],
    shipment: Shipment,
    contents: Mapping[UUID, int],
    *,
    acting_user: Any,
) -> None:
    """Write that a parcel of a locked order holds more (line id -> units that wait)."""
    packed = _packed(lines, contents)
    added = {str(line.id): units for line, units in packed.items()}
    shipment.contents = {**shipment.contents, **added}
    shipment.save(update_fields=["contents"])
    _count_as_shipped(packed)
    changes = {"tracking_number": shipment.tracking_number, "added": added}
    audit.record_on(order, "supplier_order.parcel_filled", actor=acting_user, changes=changes, schema=PUBLIC)
    update_state(order, lines)


@joins_transaction
def replace_parcel(
    order: SupplierOrder, shipment: Shipment, parcel: Mapping[str, str], *, acting_user: Any
) -> Shipment:
    """Give a parcel of a locked order another carrier and number; see ``correct_parcel``."""
    before = {name: getattr(shipment, name) for name in parcel}
    if before == parcel:
        return shipment
    if order.shipments.filter(**parcel).exists():
        raise Conflict(
            _("another parcel of this order has this number"),
            field="tracking_number",
            value=parcel["tracking_number"],
            remedy=_("compare the two labels"),
        )
    for name, value in parcel.items():
        setattr(shipment, name, value)
    shipment.save(update_fields=list(parcel))
    changes = {"from": before, "to": dict(parcel)}
    audit.record_on(
        order, "supplier_order.parcel_corrected", actor=acting_user, changes=changes, schema=PUBLIC
    )
    return shipment


def _count_as_shipped(packed: Mapping[SupplierOrderLine, int]) -> None:
    for line, units in packed.items():
        line.shipped += units
    SupplierOrderLine.objects.bulk_update(packed, ["shipped"])


def _packed(
    lines: Sequence[SupplierOrderLine], contents: Mapping[UUID, int] | None
) -> dict[SupplierOrderLine, int]:
    """Return the units of each line that go into a parcel; raise InvalidInput if they do not wait."""
    if contents is None:
        waiting = {line: line.waiting for line in lines if line.waiting}
        if not waiting and any(line.refunding for line in lines):
            raise Conflict(
                _("the money of these goods is on its way back to the member: do not send them"),
                field="state",
                code="refunding",
            )
        if not waiting:
            raise Conflict(
                _("nothing waits to be sent any more"),
                field="state",
                remedy=_("correct the number of a parcel that was noted"),
                code="nothing_waits",
            )
        return waiting
    line_by_id = {line.id: line for line in lines}
    for line_id, units in contents.items():
        line = line_by_id.get(line_id)
        if line is None or not 0 <= units <= line.waiting:
            raise InvalidInput(
                _("only %(waiting)d units wait to be sent") % {"waiting": line.waiting if line else 0},
                field="contents",
                value=units,
                remedy=_("lower the number of units"),
            )
    packed = {line_by_id[line_id]: units for line_id, units in contents.items() if units}
    if not packed:
        raise InvalidInput(
            _("the parcel is empty"), field="contents", remedy=_("say how many units of each line it holds")
        )
    return packed


@joins_transaction
def receive(*, supplier_order_id: UUID, acting_user: Any) -> SupplierOrder:
    """Mark a supplier order's parcels as received; called for a member, a judge or a deadline.

    Again: no change. Raises Conflict if it was not sent, or is one of vouchers; NotFound if there is none.
    """
    order = locked_order(supplier_order_id)
    if order.state == State.RECEIVED:
        return order
    if order.state != State.SHIPPED or order.delivery == Delivery.VOUCHER:
        raise Conflict(_("only what was sent can be received"), field="state", value=order.state)
    order.state, order.received_at = State.RECEIVED, clock.now()
    order.save(update_fields=["state", "received_at"])
    audit.record_on(order, "supplier_order.received", actor=acting_user)
    emit(order, "received")
    return order


def report_out_of_stock(
    *, supplier_order_id: UUID, lines: Mapping[UUID, int], acting_user: Any
) -> SupplierOrder:
    """Cancel units that a supplier cannot send (line id -> units): the shop gives their money back.

    Raises InvalidInput if more is named than waits.
    """
    with transaction.atomic(durable=True):
        order = locked_order(supplier_order_id)
        order_lines = list(order.lines.select_for_update().order_by("id"))
        missing = _packed(order_lines, lines)
        for line, units in missing.items():
            line.cancelled += units
        SupplierOrderLine.objects.bulk_update(missing, ["cancelled"])
        changes = {line.sku or str(line.id): units for line, units in missing.items()}
        audit.record_on(order, "supplier_order.out_of_stock", actor=acting_user, changes=changes)
        emit(
            order,
            "out_of_stock",
            lines=[[str(line.variant_id), units] for line, units in missing.items()],
        )
        update_state(order, order_lines)
    return order


@joins_transaction
def update_state(order: SupplierOrder, lines: Sequence[SupplierOrderLine]) -> None:
    """Let an order that waited follow its lines: shipped when none waits, cancelled when none was sent.

    Units reserved for a refund wait, too. Must run with the supplier order locked.
    """
    if order.state != State.TO_SHIP or any(line.waiting or line.refunding for line in lines):
        return
    if any(line.shipped for line in lines):
        order.state, order.shipped_at = State.SHIPPED, clock.now()
        order.save(update_fields=["state", "shipped_at"])
        emit(order, "shipped")
        emit(order, "receipt_due", delay=timedelta(days=settings.RECEIVED_AFTER_DAYS))
    else:
        order.state = State.CANCELLED
        order.save(update_fields=["state"])
        emit(order, "cancelled")


@joins_transaction
def locked_order(supplier_order_id: UUID) -> SupplierOrder:
    """Lock a supplier order and return it; raise NotFound for an unknown one."""
    order = SupplierOrder.objects.select_for_update(of=("self",)).filter(id=supplier_order_id).first()
    if order is None:
        raise NotFound(_("there is no such order"), field="supplier_order", value=supplier_order_id)
    return order
