"""Taking a file of tracking numbers: order by order, each wholly understood or asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from fulfilment import fields
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.models import Shipment, SupplierOrder, SupplierOrderLine
from fulfilment.parcel_files.reading import ParcelReport, ParcelRow, read_rows
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import BanyanError, Conflict, InvalidInput, NotFound


@dataclass(slots=True)
class FileParcel:
    """One parcel as the file has it: units by the line's place in the order, None for all that wait.

    ``contents`` empty: the file names no line, so it is everything of the order.
    """

    carrier: str
    tracking_number: str
    rows: list[ParcelRow] = field(default_factory=list)
    contents: dict[int, int | None] = field(default_factory=dict)


def take_file(*, supplier: Supplier, file: BinaryIO, acting_user: Any) -> ParcelReport:
    """Note the parcels of a filled-in file; may be repeated, and a corrected number replaces the old one.

    Rows of one carrier and number are one parcel. Rows without a number are left for later. Where a file has
    several parcels of an order and does not say what is in which, its rows are asked about and nothing of
    them is noted. Another supplier's order is as unknown as one that does not exist. Raises InvalidInput if
    the file as a whole cannot be read.
    """
    report = ParcelReport()
    by_order: dict[str, list[ParcelRow]] = {}
    for row in read_rows(file):
        if row.is_empty:
            report.empty += 1
            continue
        try:
            if row.fault is not None:
                raise row.fault
            fields.parcel_of(row.carrier, row.tracking_number)
        except InvalidInput as error:
            report.refuse(row, error)
        else:
            by_order.setdefault(row.number, []).append(row)
    for number, rows in by_order.items():
        _take_order(supplier, number, rows, report, acting_user)
    report.errors.sort(key=lambda error: error.line)
    return report


def _take_order(
    supplier: Supplier, number: str, rows: Sequence[ParcelRow], report: ParcelReport, acting_user: Any
) -> None:
    parcels_before = report.parcels
    order = SupplierOrder.objects.filter(supplier=supplier, number=number).first() if number else None
    try:
        if order is None:
            raise NotFound(
                _("none of your orders has this number"),
                field="number",
                value=number,
                remedy=_("copy it from the list of orders to ship"),
            )
        parcels = _parcels_of(rows)
    except BanyanError as error:
        for row in rows:
            report.refuse(row, error)
        return
    for parcel in parcels:
        try:
            with transaction.atomic(durable=True):
                _take_parcel(order.pk, parcel, report, acting_user)
        except BanyanError as error:
            for row in parcel.rows:
                report.refuse(row, error)
    report.orders += report.parcels > parcels_before


def _parcels_of(rows: Sequence[ParcelRow]) -> list[FileParcel]:
    """Return the parcels that these rows of one order are; raise InvalidInput if they do not say so."""
    parcels: dict[tuple[str, str], FileParcel] = {}
    for row in rows:
        key = (row.carrier, row.tracking_number)
        parcel = parcels.setdefault(key, FileParcel(*key))
        if row.order_line is not None:
            units = parcel.contents.get(row.order_line)
            is_repeated = any(
                (other.order_line, other.units) == (row.order_line, row.units) for other in parcel.rows
            )
            if not is_repeated:
                both = units is not None and row.units is not None
                parcel.contents[row.order_line] = units + row.units if both else row.units  # type: ignore[operator]
        parcel.rows.append(row)
    whole = [parcel for parcel in parcels.values() if any(row.order_line is None for row in parcel.rows)]
    if whole and len(parcels) > 1:
        raise InvalidInput(
            _("the file has %(number)d parcels of this order and does not say what is in which")
            % {"number": len(parcels)},
            field="order_line",
            remedy=_("download the file again and write each number at the lines that are in that parcel"),
        )
    if whole:
        whole[0].contents.clear()
    for place in {place for parcel in parcels.values() for place in parcel.contents}:
        held = [parcel.contents[place] for parcel in parcels.values() if place in parcel.contents]
        if len(held) > 1 and None in held:
            raise InvalidInput(
                _("line %(line)d is in several parcels") % {"line": place},
                field="units",
                remedy=_("write at each how many units it holds"),
            )
    return list(parcels.values())


@joins_transaction
def _take_parcel(order_id: UUID, parcel: FileParcel, report: ParcelReport, acting_user: Any) -> None:
    numbers = fields.parcel_of(parcel.carrier, parcel.tracking_number)
    order = supplier_order_services.locked_order(order_id)
    supplier_order_services.check_is_sent(order)
    lines = supplier_order_services.locked_lines(order)
    contents = _contents_of(lines, parcel)
    standing = order.shipments.filter(**numbers).first()
    if standing is not None:
        report.corrected += _fill(order, lines, standing, contents, acting_user)
        report.known += 1
        return
    waiting = {line.id: line.waiting for line in lines}
    if any(waiting[line_id] for line_id in contents) or not order.shipments.exists():
        packed = None if not parcel.contents else _packed(contents, waiting)
        supplier_order_services.record_parcel(order, lines, numbers, packed, acting_user=acting_user)
        report.parcels += 1
        return
    corrected = _corrected_by(order, parcel, contents)
    supplier_order_services.replace_parcel(order, corrected, numbers, acting_user=acting_user)
    report.corrected += 1


def _contents_of(lines: Sequence[SupplierOrderLine], parcel: FileParcel) -> dict[UUID, int | None]:
    """Return line id -> units (None: all that wait); all lines where the file names none."""
    if not parcel.contents:
        return {line.id: None for line in lines}
    if strangers := [place for place in parcel.contents if place > len(lines)]:
        raise InvalidInput(
            _("the order has no line %(line)d") % {"line": strangers[0]},
            field="order_line",
            value=strangers[0],
            remedy=_("write it as in the file that you downloaded"),
        )
    return {lines[place - 1].id: units for place, units in sorted(parcel.contents.items())}


def _packed(contents: Mapping[UUID, int | None], waiting: Mapping[UUID, int]) -> dict[UUID, int]:
    if sent := [line_id for line_id in contents if not waiting[line_id]]:
        raise Conflict(
            _("%(number)d lines of this parcel were sent already") % {"number": len(sent)},
            field="order_line",
            remedy=_("take them out, or correct the number of the parcel they are in"),
        )
    return {line_id: waiting[line_id] if units is None else units for line_id, units in contents.items()}


def _fill(
    order: SupplierOrder,
    lines: Sequence[SupplierOrderLine],
    standing: Shipment,
    contents: Mapping[UUID, int | None],
    acting_user: Any,
) -> bool:
    """Add to a parcel that is known what the file has in it besides; return whether there was anything."""
    more: dict[UUID, int] = {}
    waiting = {line.id: line.waiting for line in lines}
    is_whole = all(units is None for units in contents.values())
    for line_id, units in contents.items():
        held = standing.contents.get(str(line_id))
        if held is None and waiting[line_id] and not is_whole:
            more[line_id] = units or waiting[line_id]
        elif units is not None and held != units:
            raise Conflict(
                _("this parcel is known with %(known)d units of the line, the file says %(file)d")
                % {"known": held or 0, "file": units},
                field="units",
                value=units,
                remedy=_("take the row out: a parcel that was noted keeps its units"),
            )
    if more:
        supplier_order_services.add_to_parcel(order, lines, standing, more, acting_user=acting_user)
    return bool(more)


def _corrected_by(order: SupplierOrder, parcel: FileParcel, contents: Mapping[UUID, int | None]) -> Shipment:
    """Return the one parcel that a new number can only be a correction of; Conflict if there are several."""
    shipments = list(order.shipments.all())
    if parcel.contents:
        keys = {str(line_id) for line_id in contents}
        shipments = [
            shipment
            for shipment in shipments
            if set(shipment.contents) == keys
            and all(units in {None, shipment.contents[str(line)]} for line, units in contents.items())
        ]
    if len(shipments) != 1:
        raise Conflict(
            _("all of this was sent already, and it is not clear which parcel this number corrects"),
            field="tracking_number",
            value=parcel.tracking_number,
            remedy=_("correct it on the page of the order"),
        )
    return shipments[0]
