"""CSV out and in: a supplier's orders to ship, and the tracking numbers that come back.

The file that goes out has empty columns for carrier and number; filled in, it is the file that comes in.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.importing.tables.delimited import CsvTable
from fulfilment.orders.models import SupplierOrder
from kernel.errors import BanyanError, InvalidInput
from kernel.files.formulas import guard
from kernel.texts.translated import pick

HEADINGS = {
    "zh-hans": {
        "number": "订单号",
        "carrier": "快递公司",
        "tracking_number": "运单号",
        "shop": "店铺",
        "goods": "商品",
        "name": "收件人",
        "phone": "电话",
        "region": "地区",
        "address": "详细地址",
        "placed": "下单时间",
    },
    "en": {
        "number": "Order",
        "carrier": "Carrier",
        "tracking_number": "Tracking number",
        "shop": "Shop",
        "goods": "Goods",
        "name": "Name",
        "phone": "Phone",
        "region": "Region",
        "address": "Address",
        "placed": "Placed at",
    },
}
COLUMNS = ("number", "carrier", "tracking_number")
OTHER_NAMES = {"快递单号": "tracking_number", "物流公司": "carrier", "tracking": "tracking_number"}
SCIENTIFIC = re.compile(r"^\d(\.\d+)?E\+\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """A line of the file: the order's number as it stands there, carrier and tracking number.

    ``fault`` says why a line could not be read at all.
    """

    line: int
    number: str
    carrier: str
    tracking_number: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TrackingError:
    """Why a line of the file was not taken, and what to do."""

    line: int
    number: str
    message: str
    remedy: str


@dataclass(slots=True)
class TrackingReport:
    """Orders shipped by the file, parcels it repeats, lines without a number yet, and what went wrong."""

    shipped: int = 0
    already: int = 0
    empty: int = 0
    errors: list[TrackingError] = field(default_factory=list)

    def refuse(self, row: TrackingRow, error: BanyanError) -> None:
        """Note why ``row`` was not taken."""
        self.errors.append(TrackingError(row.line, row.number, str(error.message), str(error.remedy)))


def write_orders(orders: Iterable[SupplierOrder]) -> Iterator[str]:
    """Yield the lines of the CSV, headings first, in the active language; begins with a BOM for Excel."""
    headings = HEADINGS["zh-hans" if (get_language() or "").startswith("zh") else "en"]
    yield "\ufeff" + csv_line(headings.values())
    for order in orders:
        yield csv_line(
            [
                order.number,
                "",
                "",
                order.shop_name,
                "; ".join(
                    " ".join(filter(None, [line.sku, pick(line.title), *line.options, f"× {line.waiting}"]))
                    for line in order.lines.all()
                    if line.waiting
                ),
                *(str(order.ship_to.get(key, "")) for key in ("name", "phone", "region", "address")),
                f"{order.created_at.astimezone(order.supplier.zone):%Y-%m-%d %H:%M}",
            ]
        )


def read_numbers(file: BinaryIO) -> Iterator[TrackingRow]:
    """Yield the lines of a filled-in file, in UTF-8 or as Excel in China writes it (GB18030).

    Raises InvalidInput if a column is missing or the file is no text.
    """
    table = CsvTable(io.BytesIO(_as_utf8(file.read())))
    known = {
        name.casefold(): key for names in HEADINGS.values() for key, name in names.items() if key in COLUMNS
    }
    known |= OTHER_NAMES | {key: key for key in COLUMNS}
    at = {
        known[name.casefold()]: place for place, name in enumerate(table.header) if name.casefold() in known
    }
    if missing := [key for key in COLUMNS if key not in at]:
        names = HEADINGS["zh-hans" if (get_language() or "").startswith("zh") else "en"]
        raise InvalidInput(
            _("these columns are missing: %(columns)s")
            % {"columns": ", ".join(names[key] for key in missing)},
            field="file",
            line=1,
            value=", ".join(table.header)[:200],
            remedy=_("download the orders to ship and fill in that file"),
        )
    for row in table:
        if row.fault:
            yield TrackingRow(row.line, "", "", "", row.fault)
        else:
            number, carrier, tracking = (row.cells[at[key]].strip().lstrip("'") for key in COLUMNS)
            yield TrackingRow(row.line, number, carrier, tracking)


def mangled(tracking_number: str) -> bool:
    """True for a long number that a spreadsheet has turned into 7.31E+14."""
    return bool(SCIENTIFIC.match(tracking_number))


def _as_utf8(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError:
        try:
            return data.decode("gb18030").encode()
        except UnicodeDecodeError:
            return data
    return data


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of CSV in which no cell is a formula to a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerow(map(guard, cells))
    return text.getvalue()
