"""Writing many products with few statements.

Products are copied into temporary tables as they are read, and written from there: a handful of
statements, however long the file is. The temporary tables make the database hold the file, not us.
"""

import json
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from catalog.importers.incoming import IncomingProduct
from catalog.importers.report import KEPT, Change, ImportReport, RowError
from catalog.importers.staging_sql import COLLECT_CHANGES, CREATE, DROP, DUPLICATES, FORGET_DUPLICATES, WRITE

BATCH = 400
COLUMNS = {
    "import_product": (
        "n",
        *("line", "handle", "kind", "status", "category_id", "title", "description"),
        *("vendor", "tags", "region", "options"),
    ),
    "import_variant": (
        "n",
        *("position", "options", "sku", "barcode", "weight_grams"),
        *("suggested", "cost", "minimum", "compare_at", "quantity"),
    ),
    "import_picture": ("n", "position", "url", "alt", "options"),
}
TYPES = {
    "import_product": "int4 int4 text text text uuid jsonb jsonb text varchar[] text jsonb",
    "import_variant": "int4 int4 varchar[] text text int4 int8 int8 int8 int8 int4",
    "import_picture": "int4 int4 text jsonb varchar[]",
}


class Staging:
    """Products of one supplier, with prices in one currency, waiting to be written.

    Must live inside a transaction that has locked the supplier. ``add`` them, then ``write`` once.
    """

    def __init__(self, *, supplier_id: UUID, currency: str) -> None:
        self.parameters: dict[str, UUID | str] = {"supplier": supplier_id, "currency": currency}
        self.count = 0
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}

    def __enter__(self) -> Self:
        with connection.cursor() as cursor:
            cursor.execute(DROP + CREATE)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            with connection.cursor() as cursor:
                cursor.execute(DROP)

    def add(self, product: IncomingProduct) -> None:
        """Stage one product."""
        self.count += 1
        n = self.count
        self._rows["import_product"].append(
            (
                *(n, product.line, product.handle, product.kind, product.status, product.category_id),
                *(dict(product.title), dict(product.description), product.vendor, list(product.tags)),
                product.region,
                [{"name": dict(name), "values": list(values)} for name, values in product.options],
            )
        )
        self._rows["import_variant"].extend(
            (
                *(n, position, list(variant.options), variant.sku, variant.barcode, variant.weight_grams),
                *(variant.suggested, variant.cost, variant.minimum, variant.compare_at, variant.quantity),
            )
            for position, variant in enumerate(product.variants, 1)
        )
        self._rows["import_picture"].extend(
            (
                *(n, position, picture.url, dict(picture.alt)),
                None if picture.options is None else list(picture.options),
            )
            for position, picture in enumerate(product.pictures, 1)
        )
        if n % BATCH == 0:
            self._flush()

    def write(self, report: ImportReport) -> None:
        """Bring the catalogue to what was staged, and count in ``report`` what that changed."""
        self._flush()
        with connection.cursor() as cursor:
            cursor.execute(DUPLICATES)
            for handle, lines in cursor.fetchall():
                report.failed += len(lines)
                report.add_errors(
                    [
                        RowError(
                            line,
                            "Handle",
                            handle,
                            _("the rows of this product do not stand together"),
                            _("sort the file by handle: others begin on lines %(lines)s")
                            % {"lines": ", ".join(str(other) for other in lines if other != line)},
                        )
                        for line in lines
                    ]
                )
            cursor.execute(FORGET_DUPLICATES)
            for statement in WRITE:
                cursor.execute(statement, self.parameters)
            cursor.execute("SELECT count(*), count(*) FILTER (WHERE is_new) FROM import_product")
            total, report.created = cursor.fetchone()
            cursor.execute(COLLECT_CHANGES)
            rows = [(handle, created, json.loads(aspects)) for handle, created, aspects in cursor.fetchall()]
        report.updated = sum(not created for _handle, created, _aspects in rows)
        report.unchanged = total - report.created - report.updated
        report.changes = [Change(handle, created, aspects) for handle, created, aspects in rows[:KEPT]]

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                with (
                    connection.cursor() as cursor,
                    cursor.copy(
                        f"COPY {table} ({', '.join(COLUMNS[table])}) FROM STDIN (FORMAT binary)"
                    ) as copy,
                ):
                    copy.set_types(TYPES[table].split())
                    for row in rows:
                        copy.write_row(row)
                rows.clear()
