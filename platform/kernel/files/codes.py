"""Codes (SKUs, barcodes, tracking numbers) that pass through a spreadsheet.

A spreadsheet that opens a CSV file takes what looks like a number or a date for one: zeros at the beginning
go, long numbers become 6.90123E+12, "3-4" becomes a day. What was lost so cannot be told from what is left,
so it is refused; and what we write is guarded with an apostrophe, which reading takes away again.
"""

import re

from kernel.files.formulas import RISKY

EATEN = re.compile(r"[+-]?\d([.,]\d+)?E\+\d{1,3}")
"""How every spreadsheet writes a number that is too long for its column, in both decimal signs."""
EATEN_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
"""How a cell of a workbook arrives that a spreadsheet has made a moment."""
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
LIKE_NUMBER = re.compile(
    rf"'*(?:[\s\d.,:/%+\-]*\d[\s\d.,:/%+\-]*|\d+([.,]\d+)?e[+-]?\d+|{MONTH}[\s\-/.]*\d+|\d+[\s\-/.]*{MONTH}"
    r"|true|false)",
    re.IGNORECASE,
)


def is_eaten(code: str) -> bool:
    """True for what a spreadsheet leaves of a long number (6.90123E+12) or of a code like a date."""
    return bool(EATEN.fullmatch(code) or EATEN_DATE.fullmatch(code))


def whole_code(code: str) -> str:
    """Return the number behind an eaten code if all of its digits are still there, else ""."""
    match = re.fullmatch(r"(\d)[.,](\d+)E\+(\d{1,3})", code)
    if match is None or len(match[2]) != int(match[3]):
        return ""
    return match[1] + match[2]


def guard_code(code: str) -> str:
    """Return the code as it may stand in a CSV file that somebody opens in a spreadsheet and saves again."""
    return f"'{code}" if RISKY.match(code) or LIKE_NUMBER.fullmatch(code) else code


def unguard_code(cell: str) -> str:
    """Return what ``guard_code`` was given."""
    return cell[1:] if cell[:1] == "'" and guard_code(cell[1:]) == cell else cell
