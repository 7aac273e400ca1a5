"""The file of orders to ship as it comes back: which line of which order is in which parcel."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from catalog.importing.tables.opening import open_table
from fulfilment.parcel_files.columns import NEEDED, READ, headings, known_headings
from kernel.errors import BanyanError, InvalidInput
from kernel.files.codes import is_eaten, unguard_code, whole_code


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """A row of the file: the order's number, the line's place in it, carrier, number, and how many units.

    ``order_line`` and ``units`` are None where nothing is said. ``fault`` says why the row cannot be read.
    """

    line: int
    number: str
    carrier: str = ""
    tracking_number: str = ""
    order_line: int | None = None
    units: int | None = None
    fault: InvalidInput | None = None

    @property
    def is_empty(self) -> bool:
        """True for an order that was not sent yet."""
        return bool(self.number) and not self.carrier and not self.tracking_number and self.fault is None


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row of the file was not taken, and what to do."""

    line: int
    number: str
    message: str
    remedy: str


@dataclass(slots=True)
class ParcelReport:
    """What a file did: parcels noted and the orders they belong to, parcels corrected and known before.

    ``empty`` counts rows that have no number yet.
    """

    parcels: int = 0
    orders: int = 0
    corrected: int = 0
    known: int = 0
    empty: int = 0
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, row: ParcelRow, error: BanyanError) -> None:
        """Note why ``row`` was not taken."""
        self.errors.append(RowError(row.line, row.number, str(error.message), str(error.remedy)))


def read_rows(file: BinaryIO) -> Iterator[ParcelRow]:
    """Yield the rows of a workbook or of delimited text in any encoding that Excel writes.

    Raises InvalidInput if a column is missing or the file is no table.
    """
    table, known = open_table(file), known_headings()
    at = {
        known[name.casefold()]: place for place, name in enumerate(table.header) if name.casefold() in known
    }
    if missing := [key for key in NEEDED if key not in at]:
        names = headings()
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
            remedy = _("check quotation marks and commas here")
            yield ParcelRow(row.line, "", fault=InvalidInput(row.fault, field="file", remedy=remedy))
        else:
            cells = {key: row.cells[at[key]].strip() if key in at else "" for key in READ}
            yield _row(row.line, cells)


def _row(line: int, cells: dict[str, str]) -> ParcelRow:
    # An apostrophe is what a spreadsheet keeps of a cell that was typed as text.
    number, carrier = cells["number"].lstrip("'"), cells["carrier"].lstrip("'")
    tracking_number = unguard_code(cells["tracking_number"]).lstrip("'")
    tracking_number = whole_code(tracking_number) or tracking_number
    try:
        if is_eaten(tracking_number):
            raise InvalidInput(
                _("the spreadsheet has shortened this tracking number"),
                field="tracking_number",
                value=tracking_number,
                remedy=_("format the column as text and type the number again"),
            )
        order_line, units = _count(cells["order_line"], "order_line"), _count(cells["units"], "units")
    except InvalidInput as fault:
        return ParcelRow(line, number, carrier, tracking_number, fault=fault)
    return ParcelRow(line, number, carrier, tracking_number, order_line, units)


def _count(text: str, name: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        raise InvalidInput(
            _("%(column)s is a whole number above zero") % {"column": headings()[name]},
            field=name,
            value=text,
            remedy=_("write it as in the file that you downloaded"),
        )
    return int(text)
