"""Reading the first sheet of an Excel workbook (.xlsx) row by row."""

import os
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from catalog.importing.tables.rows import Row
from kernel.errors import InvalidInput

MAX_UNPACKED = 1024 * 1024 * 1024
"""Bytes of the workbook's parts together; more is not what anybody exports."""
MAX_TEXTS = 256 * 1024 * 1024
"""Bytes of the table of texts, which is held in memory."""
SHEETS_BEFORE_ROWS = 20
ZEROS = re.compile("0{2,30}")
"""The number format of codes that begin with zeros."""


class WorkbookTable:
    """The first sheet that is not empty; its first row with a text is the header.

    Formulas count as their value.
    """

    encoding = ""

    def __init__(self, file: BinaryIO) -> None:
        # Loaded only for workbooks: it takes as long as the rest of the command.
        from openpyxl import load_workbook

        self.remarks: list[str] = []
        self.size = file.seek(0, os.SEEK_END)
        file.seek(0)
        _check_parts(file)
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.max_row][:SHEETS_BEFORE_ROWS]
        except Exception as fault:  # whatever a broken part makes the library raise
            raise _unreadable(str(fault)) from None
        if not sheets:
            raise InvalidInput(
                _("the workbook is empty"), field="file", remedy=_("save it again with its rows")
            )
        if len(sheets) > 1:
            self.remarks.append(
                _("Only the first sheet of the workbook is read: %(sheet)s.") % {"sheet": sheets[0].title}
            )
        self.line, self.rows = 0, sheets[0].max_row or 1
        self._cells = sheets[0].iter_rows()
        self.header = next((cells for _line, cells in self._texts() if any(cells)), [])
        while self.header and not self.header[-1]:
            self.header.pop()
        if not self.header:
            raise InvalidInput(
                _("the file has no header line"),
                field="file",
                line=1,
                remedy=_("export it again with the column names"),
            )

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read, as its share of the rows."""
        return min(self.size, self.size * self.line // self.rows)

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        for line, cells in self._texts():
            if len(cells) > width and any(cells[width:]):
                yield Row(line, cells[:width], _("the row has more cells than the header"), line)
            elif any(cells):
                yield Row(line, cells[:width] + [""] * (width - len(cells)))

    def _texts(self) -> Iterator[tuple[int, list[str]]]:
        try:
            for cells in self._cells:
                self.line += 1
                yield self.line, [_text(cell).strip() for cell in cells]
        except (zipfile.BadZipFile, SyntaxError, ValueError, KeyError) as fault:
            raise _unreadable(str(fault)) from None


def _check_parts(file: BinaryIO) -> None:
    try:
        parts = zipfile.ZipFile(file).infolist()
    except zipfile.BadZipFile as fault:
        raise _unreadable(str(fault)) from None
    texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if sum(part.file_size for part in parts) > MAX_UNPACKED or texts > MAX_TEXTS:
        raise InvalidInput(
            _("the workbook is too large"), field="file", remedy=_("save it as CSV, or split it")
        )
    file.seek(0)


def _unreadable(reason: str) -> InvalidInput:
    return InvalidInput(
        _("the workbook cannot be read"),
        field="file",
        value=reason[:200],
        remedy=_("open it in a spreadsheet and save it again as .xlsx, or as CSV UTF-8"),
    )


def _text(cell: Any) -> str:
    """Return what the cell shows, without a number's rounding; a date as "2026-01-02 00:00:00"."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) < 10**15 else format(value, ".15g")
    text = str(value)
    if isinstance(value, int) and ZEROS.fullmatch(cell.number_format or ""):
        text = text.zfill(len(cell.number_format))
    return text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
