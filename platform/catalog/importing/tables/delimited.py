"""Reading delimited text (CSV, TSV) as suppliers send it: row by row, in bounded memory, with line numbers.

Any encoding, any line ends; comma, semicolon, tab or bar between the cells. A record that cannot be read does
not take its neighbours with it: reading goes on with the next line that looks like a row.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from catalog.importing.tables import text_encodings
from catalog.importing.tables.rows import Row
from kernel.errors import InvalidInput

MAX_LINE = 8 * 1024 * 1024
MAX_CELL = 1024 * 1024
CHUNK = 1 << 16
DELIMITERS = ",;\t|"
SEPARATOR = re.compile(r'"?sep=(.)"?\s*')
"""The line by which Excel is told what stands between the cells."""
NARROW, WIDE = 4, 8
"""In narrow tables a line of prose easily looks like a row; in wide ones it never does."""

csv.field_size_limit(MAX_CELL)


class CsvTable:
    """A delimited text file with a header line.

    Raises InvalidInput, which names the line, when the file as a whole cannot be read: no text, letters that
    are not in ``encoding`` (a codec; found out if empty), no header. A record that cannot be read is a Row
    with a fault.
    """

    def __init__(self, file: BinaryIO, *, encoding: str = "") -> None:
        self.file = file
        self.encoding = encoding or text_encodings.detect(file)
        self.remarks: list[str] = []
        if self.encoding not in text_encodings.CERTAIN and not encoding:
            self.remarks.append(
                _("The letters of the file are read as %(encoding)s, which is a guess: look at the texts.")
                % {"encoding": text_encodings.name_of(self.encoding)}
            )
        self.bytes_read = self.line = 0
        self._record: list[str] = []
        self._again: deque[str] = deque()
        self._source = self._decode()
        self.delimiter = self._find_delimiter()
        self._alone = re.compile(r'(?:"((?:[^"]|"")*)"|([^"\n{0}]*)){0}'.format(re.escape(self.delimiter)))
        self._reader = self._read_on()
        try:
            self.header = [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            raise InvalidInput(
                _("the header line cannot be read"),
                field="file",
                line=1,
                value=str(error),
                remedy=_("export the file again as CSV"),
            ) from None
        if not any(self.header):
            raise InvalidInput(
                _("the file has no header line"),
                field="file",
                line=1,
                remedy=_("export it again with the column names"),
            )

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        while True:
            self._record.clear()
            start = self.line + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._broken(start, _explain(str(error)))
                continue
            if self._has_swallowed_rows(WIDE):
                yield self._broken(start, _("a quotation mark opened in this row is closed rows later"))
            elif len(cells) > width and any(cells[width:]):
                yield Row(start, cells[:width], _("the row has more cells than the header"), self.line)
            elif any(cells):
                remark = self._odd(start) if self._has_swallowed_rows(NARROW) else ""
                yield Row(start, cells + [""] * (width - len(cells)), remark=remark)

    def _find_delimiter(self) -> str:
        first = next(self._source, "")
        separator = SEPARATOR.fullmatch(first)
        if separator:
            self.line += 1
        else:
            self._again.append(first)
        outside = re.sub(r'"[^"]*"', "", first)
        return separator[1] if separator else max(DELIMITERS, key=outside.count)

    def _read_on(self) -> Iterator[list[str]]:
        # A reader that has come to the end of the file does not go on with the lines that are given back.
        return csv.reader(self._lines(), delimiter=self.delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._source, "")
            if not line:
                return
            self.line += 1
            self._record.append(line)
            yield line

    def _broken(self, start: int, message: str) -> Row:
        """Return the fault of the record just read, and go back to the first line after it that is a row."""
        first, *others = self._record
        rest = deque(others)
        while rest and not self._looks_like_row(rest[0]):
            rest.popleft()
        self.line -= len(rest)
        last = self.line
        self._again.extendleft(reversed(rest))
        self._reader = self._read_on()
        return Row(start, self._certain_cells(first), message, last)

    def _looks_like_row(self, line: str) -> bool:
        width = len(self.header)
        return self._is_row(line) or (width >= NARROW and line.count(self.delimiter) >= width - 1)

    def _is_row(self, line: str) -> bool:
        try:
            cells = next(csv.reader([line], delimiter=self.delimiter, strict=True), [])
        except csv.Error:
            return False
        return len(cells) == len(self.header)

    def _certain_cells(self, line: str) -> list[str]:
        """Return the cells up to the one whose quotation marks do not match."""
        cells, place = [], 0
        while match := self._alone.match(line, place):
            quoted, bare = match.groups()
            cells.append(bare if quoted is None else quoted.replace('""', '"'))
            place = match.end()
        return cells

    def _has_swallowed_rows(self, least_width: int) -> bool:
        """True if lines inside the record look like rows, in a table of at least so many columns."""
        return len(self.header) >= least_width and any(map(self._is_row, self._record[1:]))

    def _odd(self, start: int) -> str:
        return _("lines %(first)d to %(last)d were read as one row: is a quotation mark missing?") % {
            "first": start,
            "last": self.line,
        }

    def _decode(self) -> Iterator[str]:
        # Every line end becomes "\n", also inside cells: what is exported again has no other.
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(self.encoding)(), translate=True)
        rest, number = "", 0
        while True:
            chunk = self.file.read(CHUNK)
            self.bytes_read += len(chunk)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as fault:
                raise self._wrong_encoding(number + 1, fault.object[fault.start : fault.end]) from None
            if "\0" in text:
                raise self._wrong_encoding(number + 1 + text[: text.index("\0")].count("\n"), b"\0")
            lines = (rest + text).split("\n")
            rest = lines.pop()
            for line in lines:
                number += 1
                yield (line.removeprefix("\ufeff") if number == 1 else line) + "\n"
            if len(rest) > MAX_LINE:
                raise InvalidInput(
                    _("a line is longer than 8 MB"),
                    field="file",
                    line=number + 1,
                    remedy=_("check that this is a CSV file"),
                )
            if not chunk:
                break
        if rest:
            yield rest.removeprefix("\ufeff") if number == 0 else rest

    def _wrong_encoding(self, line: int, culprit: bytes) -> InvalidInput:
        return InvalidInput(
            _("the letters of the file are not %(encoding)s")
            % {"encoding": text_encodings.name_of(self.encoding)},
            field="file",
            line=line,
            value=bytes(culprit[:8]).hex(" "),
            remedy=_("save it as “CSV UTF-8” and import that, or name its encoding"),
        )


def _explain(error: str) -> str:
    if "unexpected end" in error:
        return _("a quotation mark opened in this row is never closed")
    if "field larger" in error:
        return _("a cell is larger than 1 MB, or a quotation mark is never closed")
    return _("the quotation marks of this row do not match")
