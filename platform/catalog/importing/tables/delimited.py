"""Reading a CSV file as suppliers send it: row by row, in bounded memory, with exact line numbers."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from kernel.errors import InvalidInput

MAX_LINE = 8 * 1024 * 1024
MAX_CELL = 1024 * 1024
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
GUESSES = (("gb18030", "GBK / GB18030"), ("cp1252", "Windows-1252"))

csv.field_size_limit(MAX_CELL)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """The cells of one record and the line it starts on; ``fault`` says why there are no cells."""

    line: int
    cells: list[str]
    fault: str = ""


class CsvTable:
    """A CSV file in UTF-8 with a header line; comma, semicolon or tab between the cells.

    Raises InvalidInput, which names the line, when the file as a whole cannot be read: wrong
    encoding, no header. A record that cannot be read is a Row with a fault.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.bytes_read = self.line = 0
        self._lines = self._decode()
        first = next(self._lines, "")
        delimiter = max(",;\t", key=first.count)
        self._reader = csv.reader(self._prepend(first), delimiter=delimiter, strict=True)
        try:
            self.header = [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            raise InvalidInput(
                _("the header line cannot be read"),
                line=1,
                value=str(error),
                remedy=_("export the file again as CSV"),
            ) from None
        if not any(self.header):
            raise InvalidInput(
                _("the file has no header line"), line=1, remedy=_("export it again with the column names")
            )

    def __iter__(self) -> Iterator[CsvRow]:
        width = len(self.header)
        while True:
            start = self.line + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield CsvRow(start, [], _explain(str(error)))
                if "field larger" in str(error):
                    return
                continue
            if len(cells) > width and any(cells[width:]):
                yield CsvRow(start, [], _("the row has more cells than the header"))
            elif any(cells):
                yield CsvRow(start, cells + [""] * (width - len(cells)))

    def _prepend(self, first: str) -> Iterator[str]:
        yield first
        yield from self._lines

    def _decode(self) -> Iterator[str]:
        for raw in iter(lambda: self.file.readline(MAX_LINE), b""):
            if self.line == 0:
                if raw.startswith(UTF16_BOMS):
                    raise _wrong_encoding(1, "UTF-16")
                raw = raw.removeprefix(UTF8_BOM)
            self.bytes_read += len(raw)
            self.line += 1
            try:
                text = raw.decode()
            except UnicodeDecodeError as fault:
                raise _wrong_encoding(self.line, _guess(raw), raw[fault.start : fault.end]) from None
            if "\0" in text:
                raise _wrong_encoding(self.line, "UTF-16", b"\0")
            if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
                raise InvalidInput(
                    _("a line is longer than 8 MB"), line=self.line, remedy=_("check that this is a CSV file")
                )
            yield text


def _guess(raw: bytes) -> str:
    for codec, name in GUESSES:
        try:
            raw.decode(codec)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def _wrong_encoding(line: int, guess: str, culprit: bytes = b"") -> InvalidInput:
    looks_like = _(" (it looks like %(guess)s)") % {"guess": guess} if guess else ""
    return InvalidInput(
        _("the file is not UTF-8%(looks_like)s") % {"looks_like": looks_like},
        field="file",
        line=line,
        value=culprit.hex(" ") or None,
        remedy=_("save it as “CSV UTF-8” and import that"),
    )


def _explain(error: str) -> str:
    if "unexpected end" in error:
        return _("a quotation mark opened in this row is never closed")
    if "field larger" in error:
        return _("a cell is larger than 1 MB, or a quotation mark is never closed; nothing after it was read")
    if "new-line character" in error:
        return _("the file has old Macintosh line ends")
    return _("the quotation marks of this row do not match (%(error)s)") % {"error": error}
