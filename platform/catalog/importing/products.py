"""Bringing a file of products into the catalogue, whatever its columns are called."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.categories.models import Category
from catalog.importing.cells import Cells, Refused
from catalog.importing.columns import Columns
from catalog.importing.incoming import ImportTerms, IncomingProduct
from catalog.importing.report import ImportReport, RowError
from catalog.importing.staging import Staging
from catalog.importing.tables.delimited import CsvTable
from catalog.suppliers.models import Supplier
from kernel import audit

Progress = Callable[[int, int], None]
"""Called now and then with the bytes and the products read so far."""

MAX_ROWS = 5000
"""Rows of one product; more are a broken file, not a product."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What a format is: how its columns are found, how a row is read, how rows become a product."""

    recognise: Callable[[list[str]], Columns]
    read: Callable[[Sequence[Cells], ImportTerms, list[RowError]], IncomingProduct | None]
    cells: type[Cells] = Cells


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
) -> ImportReport:
    """Bring the file's products into the catalogue of ``supplier``, with prices in ``currency``.

    A product is taken whole or, if any of its rows has a fault, not at all; the others are taken all
    the same. The same file again changes nothing. Products that the file does not name are left alone;
    variants and pictures that a named product no longer has go out of sale. A supplier not yet saved is
    saved with its goods. ``cost_bp`` (basis points of the price) stands in where the file gives no cost.
    ``dry_run`` does all of it and rolls back. Opens the outermost transaction; holds the rows of one
    product in memory. Raises InvalidInput when the file as a whole cannot be read; nothing is changed then.
    """
    started = time.perf_counter()
    table = CsvTable(file)
    columns = reader.recognise(table.header)
    report = ImportReport(dry_run=dry_run, ignored_columns=columns.ignored)
    terms = ImportTerms(currency, cost_bp, _category_names(), category.pk if category else None, language)
    with transaction.atomic(durable=True):
        if supplier._state.adding:
            supplier.save()
        # One import of a supplier at a time: two files must not interleave.
        Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
        with Staging(supplier_id=supplier.pk, currency=currency) as staging:
            products = 0
            for rows, errors in _groups(table, columns, report, reader.cells):
                products += 1
                product = reader.read(rows, terms, errors) if rows else None
                if product is not None and not errors:
                    staging.add(product)
                    report.variants += len(product.variants)
                    report.without_category += product.category_id is None
                else:
                    report.failed += 1
                    report.add_errors(errors)
                if progress and products % 50 == 0:
                    progress(table.bytes_read, products)
            staging.write(report)
        if report.created or report.updated:
            audit.record_on(
                supplier,
                "import_products",
                actor=acting_user,
                changes={"created": report.created, "updated": report.updated, "failed": report.failed},
            )
        transaction.set_rollback(dry_run)
    if progress:
        progress(table.bytes_read, products)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _category_names() -> dict[str, UUID]:
    """Every slug and name of a category, in small letters, for matching what the file calls it."""
    names: dict[str, UUID] = {}
    for pk, slug, name in Category.objects.values_list("id", "slug", "name"):
        names |= {text.casefold(): pk for text in (slug, *name.values())}
    return names


def _groups(
    table: CsvTable, columns: Columns, report: ImportReport, kind: type[Cells]
) -> Iterator[tuple[list[Cells], list[RowError]]]:
    """Yield the rows of one product after the other, with what is wrong with them already."""
    rows: list[Cells] = []
    errors: list[RowError] = []
    handle = ""
    for row in table:
        report.rows += 1
        if row.fault:
            # Whose row it was cannot be known, so the product before it does not count as whole.
            errors.append(RowError(row.line, "", "", row.fault, _("check quotation marks and commas here")))
            continue
        cells = kind(row.line, row.cells, columns)
        named = cells.text["handle"]
        if named != handle or not named:
            if rows or errors:
                yield rows, errors
            rows, errors, handle = [], [], named
        if not named:
            try:
                cells.handle()
            except Refused as refused:
                errors.append(refused.error)
        elif len(rows) < MAX_ROWS:
            rows.append(cells)
        elif len(rows) == MAX_ROWS and not errors:
            errors.append(cells.refusal("handle", _("the product has too many rows"), _("split it")).error)
    if rows or errors:
        yield rows, errors
