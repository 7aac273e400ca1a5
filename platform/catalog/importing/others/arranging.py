"""Rows of other systems arranged as Shopify's, which is what one reader understands."""

import re
from collections.abc import Iterator, Mapping, Sequence

from catalog.importing.cells import Cells

BETWEEN = re.compile(r"[\s,;|]+(?=(?:https?:)?//)", re.IGNORECASE)
"""What stands between addresses of pictures in one cell; addresses may hold commas themselves."""


def arranged(row: Cells, values: Mapping[str, str], pictures: Sequence[str]) -> Iterator[Cells]:
    """Yield the row with ``values`` in it (Shopify's meanings), and a row more for each further picture."""
    first, *others = pictures or [""]
    yield _with(row, {**row.text, **values, "image": first})
    nothing = dict.fromkeys(row.text, "")
    for url in others:
        yield _with(row, {**nothing, "handle": values.get("handle", ""), "image": url})


def addresses(cell: str) -> list[str]:
    """Return the addresses of pictures in a cell."""
    return [url for url in BETWEEN.split(cell.strip()) if url]


def _with(row: Cells, text: Mapping[str, str]) -> Cells:
    cells = Cells(row.line, text, row.columns)
    cells.remarks = row.remarks
    return cells
