"""Bringing a file of products into the catalogue, whatever its columns are called."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.categories.models import Category
from catalog.importing.answers import ImportAnswers
from catalog.importing.cells import Cells
from catalog.importing.columns import Columns
from catalog.importing.gathering import Key, ProductRows, gather
from catalog.importing.handles import safe_handle
from catalog.importing.incoming import ImportTerms, IncomingProduct
from catalog.importing.report import ImportReport, RefusedProduct, RowError, RowRemark
from catalog.importing.staging import Staging
from catalog.importing.tables.opening import open_table
from catalog.importing.tables.rows import Row, Table
from catalog.suppliers.models import Supplier
from kernel import audit
from kernel.money.money import require_currency

TITLES = ("title", "title_zh", "title_en")
Progress = Callable[[int, int], None]
"""Called now and then with how many bytes of the file are done, and the rows read so far."""


def by_handle(columns: Columns, header: Sequence[str]) -> Key:
    """Return the key of formats whose rows each name their product by its handle."""
    handle, titles = columns.place_of("handle", header), _title_places(columns, header)

    def key(cells: list[str]) -> str | None:
        name = cells[handle].strip() if handle < len(cells) else ""
        if name:
            return same_product(name)
        # A row that has a title but no name begins a product; one without both continues somebody's.
        return None if any(place < len(cells) and cells[place].strip() for place in titles) else ""

    return key


def _title_places(columns: Columns, header: Sequence[str]) -> list[int]:
    places = (columns.place_of(key, header) for key in TITLES if key in columns.called)
    return [place for place in places if place >= 0]


@lru_cache(maxsize=4096)
def same_product(name: str) -> str:
    """Return what two rows of one product share, however their handle is written."""
    return safe_handle(name) or name


@dataclass(frozen=True, slots=True)
class Reader:
    """What a format is.

    ``recognise`` finds the columns of a header. ``read`` makes the rows of one product a product, or adds
    what is wrong with them to the errors. ``variant_name`` says which variant a row describes, "" if none.
    """

    recognise: Callable[[list[str]], Columns]
    read: Callable[[Sequence[Cells], ImportTerms, list[RowError]], IncomingProduct | None]
    variant_name: Callable[[Cells], str]
    cells: type[Cells] = Cells
    key: Callable[[Columns, Sequence[str]], Key] = by_handle


def import_with(
    reader: Reader,
    *,
    file: BinaryIO,
    supplier: Supplier,
    currency: str,
    acting_user: object = "import",
    dry_run: bool = False,
    progress: Progress | None = None,
    cost_bp: int = 6000,
    category: Category | None = None,
    language: str | None = None,
    answers: ImportAnswers | None = None,
    encoding: str = "",
) -> ImportReport:
    """Bring the file's products into the catalogue of ``supplier``, with prices in ``currency``.

    A product is taken whole or, if any of its rows has a fault, not at all; the others are taken all the
    same, and everything that is not taken is named. The same file again changes nothing. Products that the
    file does not name are left alone; variants and pictures that a named product no longer has go out of
    sale. A supplier not yet saved is saved with its products. ``cost_bp`` (basis points of the price)
    stands in where the file gives no cost. What the file does not say is asked: while a question of the
    report is not among ``answers``, nothing is brought in. ``dry_run`` does all of it and rolls back.
    ``encoding`` is a codec, found out if empty. The outermost command; holds the rows of one product in
    memory. Raises InvalidInput when the file as a whole cannot be read, or for what is no currency; nothing
    is changed then.
    """
    started = time.perf_counter()
    currency = require_currency(currency)
    table = open_table(file, encoding=encoding)
    columns = reader.recognise(table.header)
    report = ImportReport(
        dry_run=dry_run,
        encoding=table.encoding,
        currency=currency,
        columns=columns.shown(),
        ignored_columns=columns.ignored,
        file_remarks=table.remarks,
    )
    terms = ImportTerms(currency, cost_bp, _category_names(), category.pk if category else None, language)
    with transaction.atomic(durable=True):
        if supplier._state.adding:
            supplier.save()
        # One import of a supplier at a time: two files must not interleave.
        Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
        with Staging(supplier_id=supplier.pk, currency=currency) as staging:
            for rows in _products(table, reader.key(columns, table.header), report, progress):
                _take(rows, reader, columns, terms, staging, report)
            staging.write(report, answers or ImportAnswers())
        if report.created or report.updated:
            audit.record_on(
                supplier,
                "import_products",
                actor=acting_user,
                changes={"created": report.created, "updated": report.updated, "failed": report.failed},
            )
        transaction.set_rollback(dry_run or bool(report.questions))
    if progress:
        progress(table.bytes_read, report.rows)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _take(
    product_rows: ProductRows,
    reader: Reader,
    columns: Columns,
    terms: ImportTerms,
    staging: Staging,
    report: ImportReport,
) -> None:
    """Stage one product, or note in ``report`` why not and what of it the file holds."""
    rows, errors = product_rows.rows, _faults(product_rows)
    report.add_remarks([RowRemark(row.line, "", "", row.remark) for row in rows if row.remark])
    cells = [reader.cells(row.line, columns.values(_padded(row, columns)), columns) for row in rows]
    readable = _headed([cell for cell, row in zip(cells, rows, strict=True) if not row.fault])
    product = reader.read(readable, terms, errors) if readable else None
    if product is not None and not errors:
        staging.add(product)
        for cell in readable:
            report.add_remarks(cell.remarks)
        return
    report.add_errors(errors)
    names = [
        reader.variant_name(cell) or (_line_of(row) if row.fault else "")
        for cell, row in zip(cells, rows, strict=True)
    ]
    report.add_refused(
        RefusedProduct(product_rows.name, rows[0].line, list(dict.fromkeys(filter(None, names))))
    )


def _headed(rows: list[Cells]) -> list[Cells]:
    """Put the row that has the title first: somebody may have sorted the file by anything."""
    head = next((row for row in rows if any(row.text.get(key) for key in TITLES)), None)
    return rows if head is None else [head, *(row for row in rows if row is not head)]


def _faults(product_rows: ProductRows) -> list[RowError]:
    errors = [
        RowError(row.line, "", "", _fault(row), _("check quotation marks and commas here"))
        for row in product_rows.rows
        if row.fault
    ]
    if product_rows.is_too_long:
        line = product_rows.rows[-1].line
        errors.append(
            RowError(line, "", product_rows.name, _("the product has too many rows"), _("split it"))
        )
    return errors


def _fault(row: Row) -> str:
    if row.last_line <= row.line:
        return row.fault
    return _("%(fault)s; lines %(first)d to %(last)d were not read") % {
        "fault": row.fault,
        "first": row.line,
        "last": row.last_line,
    }


def _line_of(row: Row) -> str:
    return _("line %(line)d") % {"line": row.line}


def _padded(row: Row, columns: Columns) -> list[str]:
    # Of a row that could not be read only the cells before the fault are there.
    return row.cells + [""] * (columns.width - len(row.cells)) if row.fault else row.cells


def _category_names() -> Mapping[str, UUID]:
    """Every slug and name of a category, in small letters, for matching what the file calls it."""
    names: dict[str, UUID] = {}
    for pk, slug, name in Category.objects.values_list("id", "slug", "name"):
        names |= {text.casefold(): pk for text in (slug, *name.values())}
    return names


def _products(
    table: Table, key: Key, report: ImportReport, progress: Progress | None
) -> Iterator[ProductRows]:
    """Yield the rows of one product after the other; reading the file is half of the work."""

    def count(rows: int) -> None:
        report.rows = rows
        if progress:
            progress(table.bytes_read // 2, rows)

    done = 0
    for number, rows in enumerate(gather(table, key, count)):
        if progress and number % 50 == 0:
            progress(table.bytes_read * (report.rows + done) // max(1, 2 * report.rows), report.rows)
        done += len(rows.rows)
        yield rows
