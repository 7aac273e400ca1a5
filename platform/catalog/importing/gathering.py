"""Bringing the rows of each product together, whatever their order in the file.

Other systems list variants behind all products, and people sort files by price. The rows wait on disk (in a
temporary SQLite database, which is gone when it is closed), so a large file takes no more memory than a
small one.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from catalog.importing.tables.rows import Row, Table

MAX_ROWS = 5000
"""Rows of one product; more are a broken file, not a product."""
SETTINGS = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500;"
TABLE = "CREATE TABLE line (product TEXT, number INTEGER, cells TEXT, fault TEXT, last INTEGER, remark TEXT);"
BEGUN = """
CREATE INDEX line_by_product ON line (product);
CREATE TABLE begun (first INTEGER PRIMARY KEY, product TEXT);
INSERT INTO begun SELECT min(rowid), product FROM line GROUP BY product;
"""
# In the order of the two keys, so that nothing but the index is ever sorted.
ROWS = """
SELECT line.product, number, cells, fault, last, remark
FROM begun CROSS JOIN line ON line.product = begun.product ORDER BY begun.first, line.rowid
"""
BATCH = 100
Key = Callable[[list[str]], str | None]
"""What the rows of one product share; "" for a row of which nobody can say whose it is, None for one that
begins a product of its own, without a name."""


Line = tuple[str, int, str, str, int, str]
NAMELESS = "\0"
"""Before the line of a product without a name; no name begins with it."""


@dataclass(slots=True)
class ProductRows:
    """All rows of one product, in their order; ``name`` is "" if nobody can say whose they are."""

    key: str
    rows: list[Row] = field(default_factory=list)
    is_too_long: bool = False

    @property
    def name(self) -> str:
        """What the product is called in the file."""
        return "" if self.key.startswith(NAMELESS) else self.key


def gather(table: Table, key: Key, progress: Callable[[int], None] | None = None) -> Iterator[ProductRows]:
    """Yield the rows of one product after the other, in the order in which the products begin.

    A row that may belong to either of its neighbours is a fault of both: neither is whole without it.
    ``progress`` is called now and then with the rows read so far.
    """
    with closing(sqlite3.connect("")) as database:
        database.executescript(SETTINGS + TABLE)
        _keep(database, table, key, progress)
        database.executescript(BEGUN)
        product = ProductRows("")
        for name, number, cells, fault, last, remark in database.execute(ROWS):
            if name != product.key:
                if product.rows:
                    yield product
                product = ProductRows(name)
            if len(product.rows) < MAX_ROWS:
                product.rows.append(Row(number, json.loads(cells), fault, last, remark))
            else:
                product.is_too_long = True
        if product.rows:
            yield product


def _keep(
    database: sqlite3.Connection, table: Table, key: Key, progress: Callable[[int], None] | None
) -> None:
    count, before = 0, ""
    lines: list[Line] = []
    waiting: list[Row] = []
    for count, row in enumerate(table, 1):
        name = key(row.cells)
        if name == "":
            doubtful = _doubtful(row)
            waiting.append(doubtful)
            lines.append(_line(before or f"{NAMELESS}{row.line}", doubtful))
        else:
            name = f"{NAMELESS}{row.line}" if name is None else name
            lines.extend(_line(name, other) for other in waiting if name != before)
            waiting.clear()
            lines.append(_line(name, row))
            before = name
        if len(lines) >= BATCH:
            _write(database, lines)
            if progress:
                progress(count)
    _write(database, lines)
    if progress:
        progress(count)


def _write(database: sqlite3.Connection, lines: list[Line]) -> None:
    database.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?)", lines)
    lines.clear()


def _line(name: str, row: Row) -> Line:
    return name, row.line, json.dumps(row.cells, ensure_ascii=False), row.fault, row.last_line, row.remark


def _doubtful(row: Row) -> Row:
    fault = row.fault or _("nobody can say which product this row belongs to")
    return Row(row.line, row.cells, fault, row.last_line)
