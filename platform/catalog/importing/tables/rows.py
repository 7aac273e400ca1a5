"""What every kind of file is read as: a header, and rows of texts with the lines they stand on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """One record and the line it begins on.

    ``fault`` says why it cannot be read, up to ``last_line``; ``cells`` are then those that are certain, from
    the left. ``remark`` says what is odd about a row that can be read.
    """

    line: int
    cells: list[str]
    fault: str = ""
    last_line: int = 0
    remark: str = ""


class Table(Protocol):
    """A file as rows, read as they are asked for and once only; holds few of them in memory.

    Reading raises InvalidInput, which names the line, where the file as a whole cannot be read.
    """

    header: list[str]
    encoding: str
    """What its letters are written in: a Python codec, "" where the format has only one."""
    remarks: list[str]
    """What a person should know of the file as a whole: a guessed encoding, sheets that are not read."""

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read."""

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that have a cell which is not empty."""
