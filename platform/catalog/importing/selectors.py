"""Reads of imports: how far a file has been read, what its columns mean, how its first rows are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

from django.core.cache import cache

from catalog.importing.columns import fingerprint
from catalog.importing.formats import CHOSEN, columns_of
from catalog.importing.models import ColumnMapping, ImportRun
from catalog.importing.others import chosen
from catalog.importing.tables.opening import open_table
from catalog.suppliers.models import Supplier

PREVIEWED = 10


def progress_percent(run: ImportRun) -> int:
    """Return how much of the file is done so far, 0 to 100."""
    done = int(cache.get(progress_key(run.pk), 0))
    return min(100, done * 100 // run.size) if run.size else 0


def progress_key(run_id: UUID) -> str:
    """Return the cache key under which a worker keeps how many bytes are done."""
    return f"import-run:{run_id}"


def columns_for(supplier: Supplier, header: Sequence[str]) -> dict[str, str]:
    """Return what this header means at this supplier, meaning -> name: as it was chosen before, or {}."""
    if supplier._state.adding:
        return {}
    mapping = ColumnMapping.objects.filter(supplier=supplier, fingerprint=fingerprint(header)).first()
    return dict(mapping.columns) if mapping else {}


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The beginning of a file: its header, its first rows as they are, and as the columns are understood.

    ``read`` has a row for each, with a cell for each of ``meanings``.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    meanings: Sequence[str]
    read: Sequence[Sequence[str]]
    encoding: str
    remarks: Sequence[str]


def preview(run: ImportRun, columns: Mapping[str, str] | None = None) -> FilePreview:
    """Return the first rows of a run's file, read with these columns (or those that it has).

    Raises InvalidInput for a file that cannot be read; columns that are not enough to bring it in are shown.
    """
    with run.file.open("rb") as stream:
        table = open_table(_binary(stream), encoding=run.encoding)
        rows = [row.cells for row in islice(table, PREVIEWED)]
        selected = run.columns if columns is None else columns
        if run.format == CHOSEN:
            selected = selected or chosen.guess(table.header)
            meaning = {
                key: table.header.index(name) for key, name in selected.items() if name in table.header
            }
        else:
            recognised = columns_of(run.format, table.header, {})
            meaning = {key: recognised.place_of(key, table.header) for key in recognised.shown()}
    return FilePreview(
        table.header,
        rows,
        list(meaning),
        [[row[place] if place < len(row) else "" for place in meaning.values()] for row in rows],
        table.encoding,
        table.remarks,
    )


def header_of(run: ImportRun) -> list[str]:
    """Return what the columns of a run's file are called. Raises InvalidInput."""
    with run.file.open("rb") as stream:
        return open_table(_binary(stream), encoding=run.encoding).header


def _binary(stream: Any) -> BinaryIO:
    binary: BinaryIO = stream
    return binary
