"""Importing prices or stock alone: a row a variant, named by handle and option values, or by its SKU."""

import time
from collections.abc import Callable, Sequence
from typing import BinaryIO

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.importing.cells import Refused
from catalog.importing.columns import Columns
from catalog.importing.plain.columns import recognise_prices, recognise_stock
from catalog.importing.plain.products import SLOTS, PlainCells, amounts
from catalog.importing.products import Progress
from catalog.importing.report import KEPT, ImportChange, ImportReport, RowError
from catalog.importing.staging import copy_array, copy_null, copy_text
from catalog.importing.tables.opening import open_table
from catalog.importing.tables.rows import Table
from catalog.suppliers.models import Supplier
from kernel import audit
from kernel.money.money import require_currency

BATCH = 2000
NO_OPTIONS = "Default Title"
CREATE = """
DROP TABLE IF EXISTS pg_temp.import_amount;
CREATE TEMP TABLE import_amount (
    line integer, handle text, options varchar[], sku text,
    suggested bigint, cost bigint, minimum bigint, compare_at bigint, quantity integer,
    variant_id uuid, matches integer DEFAULT 0
)
"""
# By handle and options, or by handle and SKU where the file has no options; a row without a handle by its SKU
# alone, which must then be one variant's.
MATCH = """
WITH own AS (
    SELECT v.id, v.options, v.sku, p.handle
    FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
    WHERE p.supplier_id = %(supplier)s AND v.is_active
), matched AS (
    SELECT i.line, own.id FROM import_amount i JOIN own ON own.handle = i.handle
        AND (own.options = i.options OR (i.options = '{}' AND i.sku <> '' AND own.sku = i.sku))
    WHERE i.handle <> ''
    UNION ALL
    SELECT i.line, own.id FROM import_amount i JOIN own ON own.sku = i.sku
    WHERE i.handle = '' AND i.sku <> ''
), counted AS (
    SELECT line, count(*) AS matches, (array_agg(id))[1] AS id FROM matched GROUP BY line
)
UPDATE import_amount i SET variant_id = c.id, matches = c.matches FROM counted c WHERE c.line = i.line
"""
FAULTS = """
SELECT line, handle, array_to_string(options, ' / '), sku, matches, twice FROM (
    SELECT *, row_number() OVER (PARTITION BY variant_id ORDER BY line) > 1 AND matches = 1 AS twice
    FROM import_amount
) numbered WHERE matches <> 1 OR twice ORDER BY line
"""
FORGET = """
DELETE FROM import_amount WHERE matches <> 1
    OR line NOT IN (SELECT min(line) FROM import_amount WHERE matches = 1 GROUP BY variant_id)
"""
WRITE_PRICES = """
INSERT INTO catalog_price AS c (variant_id, currency, cost, suggested, minimum, compare_at)
SELECT variant_id, %(currency)s, cost, suggested, minimum, compare_at FROM import_amount ORDER BY variant_id
ON CONFLICT (variant_id, currency) DO UPDATE
SET cost = excluded.cost, suggested = excluded.suggested, minimum = excluded.minimum,
    compare_at = excluded.compare_at
WHERE (c.cost, c.suggested, c.minimum, c.compare_at)
    IS DISTINCT FROM (excluded.cost, excluded.suggested, excluded.minimum, excluded.compare_at)
RETURNING variant_id
"""
# In the order of ids, as checkouts lock; what is reserved lies on the shelf too but is spoken for.
WRITE_STOCK = """
WITH missing AS (
    INSERT INTO catalog_stock (variant_id, available, reserved) SELECT variant_id, quantity, 0
    FROM import_amount i WHERE NOT EXISTS (SELECT FROM catalog_stock s WHERE s.variant_id = i.variant_id)
    ORDER BY variant_id RETURNING variant_id
), locked AS MATERIALIZED (
    SELECT s.variant_id, i.quantity FROM catalog_stock s JOIN import_amount i USING (variant_id)
    ORDER BY s.variant_id FOR NO KEY UPDATE OF s
), written AS (
    UPDATE catalog_stock s SET available = greatest(l.quantity - s.reserved, 0) FROM locked l
    WHERE s.variant_id = l.variant_id AND s.available <> greatest(l.quantity - s.reserved, 0)
    RETURNING s.variant_id
)
SELECT variant_id FROM missing UNION ALL SELECT variant_id FROM written
"""


def import_prices(
    *,
    file: BinaryIO,
    supplier: Supplier,
    currency: str,
    acting_user: object = "import",
    dry_run: bool = False,
    progress: Progress | None = None,
    encoding: str = "",
) -> ImportReport:
    """Set cost, lowest, suggested and compare-at price of the variants that the file names.

    Counts variants, not products. A row that cannot be taken is named with line, column and remedy; the
    others are taken. The outermost command; raises InvalidInput if the file cannot be read.
    """
    require_currency(currency)

    def read(row: PlainCells) -> Sequence[int | None]:
        suggested, cost, minimum, compare_at = amounts(row, currency)
        if not suggested:
            raise row.refusal(
                "suggested",
                _("without a price nothing is sold"),
                _("write it like 12.50; to take a product off sale, change its state"),
            )
        return suggested, cost, minimum, compare_at, None

    return _import("prices", recognise_prices, read, WRITE_PRICES, file, supplier, currency, acting_user,
                   dry_run, progress, encoding)  # fmt: skip


def import_stock(
    *,
    file: BinaryIO,
    supplier: Supplier,
    currency: str = "",
    acting_user: object = "import",
    dry_run: bool = False,
    progress: Progress | None = None,
    encoding: str = "",
) -> ImportReport:
    """Say what lies on the shelf of the variants that the file names; see ``import_prices``."""

    def read(row: PlainCells) -> Sequence[int | None]:
        units = row.units("quantity")
        if units is None:
            raise row.refusal(
                "quantity", _("this is not a number of units"), _("write a whole number like 25")
            )
        return None, None, None, None, units

    return _import("stock", recognise_stock, read, WRITE_STOCK, file, supplier, currency, acting_user,
                   dry_run, progress, encoding)  # fmt: skip


def _import(
    aspect: str,
    recognise: Callable[[list[str]], Columns],
    read: Callable[[PlainCells], Sequence[int | None]],
    write: str,
    file: BinaryIO,
    supplier: Supplier,
    currency: str,
    acting_user: object,
    dry_run: bool,
    progress: Progress | None,
    encoding: str,
) -> ImportReport:
    started = time.perf_counter()
    table = open_table(file, encoding=encoding)
    columns = recognise(table.header)
    report = ImportReport(
        dry_run=dry_run,
        encoding=table.encoding,
        currency=currency,
        columns=columns.shown(),
        ignored_columns=columns.ignored,
        file_remarks=table.remarks,
    )
    with transaction.atomic(durable=True):
        Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
        _stage(table, columns, read, report, progress)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE import_amount")
            cursor.execute(MATCH, {"supplier": supplier.pk})
            cursor.execute(FAULTS)
            for line, handle, options, sku, matches, twice in cursor.fetchall():
                report.failed += 1
                report.add_errors([_unknown(line, handle, options, sku, matches, twice)])
            cursor.execute(FORGET)
            cursor.execute(write, {"currency": currency})
            changed = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT count(*) FROM import_amount")
            report.variants = cursor.fetchone()[0]
            cursor.execute(
                "SELECT handle, sku FROM import_amount WHERE variant_id = ANY (%s) ORDER BY line LIMIT %s",
                [changed, KEPT],
            )
            report.changes = [
                ImportChange(handle or sku, created=False, aspects={aspect: 1})
                for handle, sku in cursor.fetchall()
            ]
            cursor.execute("DROP TABLE import_amount")
        report.updated = len(changed)
        report.unchanged = report.variants - report.updated
        if report.updated:
            audit.record_on(
                supplier,
                f"import_{aspect}",
                actor=acting_user,
                changes={"updated": report.updated, "failed": report.failed},
            )
        transaction.set_rollback(dry_run)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _stage(
    table: Table,
    columns: Columns,
    read: Callable[[PlainCells], Sequence[int | None]],
    report: ImportReport,
    progress: Progress | None,
) -> None:
    lines: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        for row in table:
            report.rows += 1
            try:
                if row.fault:
                    raise Refused(
                        RowError(row.line, "", "", row.fault, _("check quotation marks and commas here"))
                    )
                cells = PlainCells(row.line, columns.values(row.cells), columns)
                values = read(cells)
                handle = cells.handle() if cells.text["handle"] else ""
                sku = cells.code("sku", 120)
                options = [text for slot in SLOTS if (text := cells.option(f"value{slot}"))]
            except Refused as refused:
                report.failed += 1
                report.add_errors([refused.error])
                continue
            # What Shopify writes of a product without options.
            named = [] if options == [NO_OPTIONS] else options
            lines.append(
                f"{cells.line}\t{copy_text(handle)}\t{copy_array(named)}\t"
                f"{copy_text(sku)}\t" + "\t".join(copy_null(value) for value in values) + "\n"
            )
            report.add_remarks(cells.remarks)
            if len(lines) >= BATCH:
                _copy(lines)
                if progress:
                    progress(table.bytes_read, report.rows)
        _copy(lines)
    if progress:
        progress(table.bytes_read, report.rows)


def _copy(lines: list[str]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY import_amount (line, handle, options, sku, suggested, cost, minimum, compare_at, quantity)"
            " FROM STDIN"
        ) as copy,
    ):
        copy.write("".join(lines))
    lines.clear()


def _unknown(line: int, handle: str, options: str, sku: str, matches: int, twice: bool) -> RowError:
    column, value = (
        ("handle", " ".join(part for part in (handle, options) if part)) if handle else ("sku", sku)
    )
    if twice:
        message, remedy = _("this variant stands twice in the file"), _("remove one of the two rows")
    elif matches > 1:
        message, remedy = _("several variants have this SKU"), _("name the variant by handle and options")
    else:
        message = _("this supplier has no such variant")
        remedy = _("export the file again: handle and option values name a variant")
    return RowError(line, column, value, message, remedy)
