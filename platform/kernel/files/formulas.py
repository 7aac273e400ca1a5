"""Cells that a spreadsheet would take for a formula (OWASP, "CSV injection"), written so that it does not.

An apostrophe goes before a cell that begins with one of SIGNS, or with apostrophes and then one of them;
reading takes one away again, so that what was exported is what comes back.
"""

import csv
import io
import re
from collections.abc import Iterable

SIGNS = "=+\\-@\t\r"
RISKY = re.compile(f"'*[{SIGNS}]")
GUARDED = re.compile(f"'+[{SIGNS}]")


def guard(cell: str) -> str:
    """Return the cell as it may stand in a file that somebody opens in a spreadsheet."""
    return f"'{cell}" if RISKY.match(cell) else cell


def unguard(cell: str) -> str:
    """Return what ``guard`` was given."""
    return cell[1:] if GUARDED.match(cell) else cell


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of CSV in which no cell is a formula to a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerow(map(guard, cells))
    return text.getvalue()
