"""The orders to ship as a file for couriers: a row for each line of an order that waits.

In the workbook each cell has its type, so nothing is run and nothing is changed: a phone number keeps its +,
a name its @. CSV has no types: a sign at the beginning of a cell would make it a formula, and the apostrophe
that prevents it is refused by couriers. So there no cell begins with such a sign: + of a phone is written 00.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from fulfilment.orders.models import SupplierOrder
from fulfilment.parcel_files.columns import headings
from kernel.texts.translated import pick

SIGNS = "=+-@＝＋－＠'\t\r\n "
"""What makes a spreadsheet run a cell that begins with it, and what a courier would refuse there."""
AS_TEXT = "@"
"""The number format of cells whose digits are no number."""
WIDTHS = {
    "number": 22,
    "tracking_number": 24,
    "goods": 40,
    "phone": 18,
    "region": 24,
    "address": 40,
    "placed": 18,
}
ADDRESS_PARTS = ("name", "phone", "region", "address")
NUMBERS = frozenset({"order_line", "units"})


def write_workbook(orders: Iterable[SupplierOrder]) -> bytes:
    """Return an .xlsx of these orders, headings in the active language; lines should be prefetched."""
    # Loaded only where a workbook is written: most processes write none.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    names, book = headings(), Workbook(write_only=True)
    sheet = book.create_sheet()
    for place, key in enumerate(names):
        sheet.column_dimensions[chr(ord("A") + place)].width = WIDTHS.get(key, 12)
    sheet.freeze_panes = "A2"

    def typed(key: str, text: str) -> Any:
        if key in NUMBERS:
            return WriteOnlyCell(sheet, value=int(text))
        cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
        cell.data_type, cell.number_format = "s", AS_TEXT  # "=1+1" is a text like any other
        return cell

    sheet.append(list(names.values()))
    for row in _rows(orders):
        sheet.append([typed(key, row[key]) for key in names])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def write_csv(orders: Iterable[SupplierOrder]) -> Iterator[str]:
    """Yield the lines of the CSV, headings first, in the active language; begins with a BOM for Excel."""
    names = headings()
    yield "\ufeff" + _csv_line(names.values())
    for row in _rows(orders):
        if row["address"].startswith(tuple(SIGNS)):
            # "-1 层" is a floor: behind its region it is no formula and stays what it is.
            row["address"] = f"{row['region']} {row['address']}"
        if row["phone"].startswith("+"):
            row["phone"] = f"00{row['phone'][1:]}"
        yield _csv_line(row[key].lstrip(SIGNS) for key in names)


def _rows(orders: Iterable[SupplierOrder]) -> Iterator[dict[str, str]]:
    for order in orders:
        placed = order.created_at.astimezone(order.supplier.zone)
        for position, line in enumerate(order.lines.all(), 1):
            if line.waiting:
                yield {
                    "number": order.number,
                    "order_line": str(position),
                    "carrier": "",
                    "tracking_number": "",
                    "units": str(line.waiting),
                    "sku": line.sku,
                    "goods": " ".join([pick(line.title), *line.options]),
                    "shop": order.shop_name,
                    **{key: str(order.ship_to.get(key, "")) for key in ADDRESS_PARTS},
                    "placed": f"{placed:%Y-%m-%d %H:%M}",
                }


def _csv_line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
