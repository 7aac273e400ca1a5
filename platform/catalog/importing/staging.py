"""Writing many products with few statements.

Products are copied into temporary tables as they are read, and written from there: a handful of
statements, however long the file is. The temporary tables make the database hold the file, not us.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from catalog.importing import staging_sql as sql
from catalog.importing.answers import ImportAnswers
from catalog.importing.incoming import IncomingProduct
from catalog.importing.report import (
    KEPT,
    ImportChange,
    ImportQuestion,
    ImportReport,
    RefusedProduct,
    RowError,
)

BATCH = 400
SHOWN = 5
COLUMNS = {
    "import_product": "n, line, handle, kind, status, category_id, "
    "title, description, vendor, tags, region, options, voucher",
    "import_variant": "n, position, options, sku, barcode, weight_grams, "
    "suggested, cost, minimum, compare_at, quantity, is_active",
    "import_picture": "n, position, url, alt, options",
}
# COPY's text format (PostgreSQL manual, "COPY", File Formats): written here because a generic writer,
# which looks at the type of every value, takes longer than the database does to read it.
SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
QUOTE = re.compile(r'[\\"]')
QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"'})


class Staging:
    """Products of one supplier, with prices in one currency, waiting to be written.

    Must live inside a transaction that has locked the supplier. ``add`` them, then ``write`` once.
    """

    def __init__(self, *, supplier_id: UUID, currency: str) -> None:
        self.parameters: dict[str, UUID | str] = {"supplier": supplier_id, "currency": currency}
        self.count = 0
        self._lines: dict[str, list[str]] = {table: [] for table in COLUMNS}

    def __enter__(self) -> Self:
        with connection.cursor() as cursor:
            cursor.execute(sql.DROP + sql.CREATE)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            with connection.cursor() as cursor:
                cursor.execute(sql.DROP)

    def add(self, product: IncomingProduct) -> None:
        """Stage one product."""
        self.count += 1
        n = self.count
        options = [{"name": dict(name), "values": values} for name, values in product.options]
        self._lines["import_product"].append(
            f"{n}\t{product.line}\t{copy_text(product.handle)}\t{product.kind}\t{product.status}\t"
            f"{copy_null(product.category_id)}\t{_json(product.title)}\t{_json(product.description)}\t"
            f"{copy_text(product.vendor)}\t{copy_array(product.tags)}\t{copy_text(product.region)}\t{_json(options)}\t"
            f"{copy_null(None) if product.voucher is None else _json(product.voucher)}\n"
        )
        self._lines["import_variant"].extend(
            f"{n}\t{_place(variant.position, position)}\t{copy_array(variant.options)}\t"
            f"{copy_text(variant.sku)}\t{copy_text(variant.barcode)}\t{variant.weight_grams}\t"
            f"{copy_null(variant.suggested)}\t{copy_null(variant.cost)}\t{copy_null(variant.minimum)}\t"
            f"{copy_null(variant.compare_at)}\t{copy_null(variant.quantity)}\t{'ft'[variant.is_for_sale]}\n"
            for position, variant in enumerate(product.variants, 1)
        )
        self._lines["import_picture"].extend(
            f"{n}\t{_place(picture.position, position)}\t{copy_text(picture.url)}\t{_json(picture.alt)}\t"
            f"{copy_null(None) if picture.options is None else copy_array(picture.options)}\n"
            for position, picture in enumerate(product.pictures, 1)
        )
        if n % BATCH == 0:
            self._flush()

    def write(self, report: ImportReport, answers: ImportAnswers) -> None:
        """Bring the catalogue to what was staged, and count in ``report`` what that changed.

        Questions that ``answers`` leaves open stand in the report; whoever called has to roll back then.
        """
        self._flush()
        with connection.cursor() as cursor:
            self._refuse_duplicates(report)
            for statement in sql.MATCH:
                cursor.execute(statement, self.parameters)
            self._ask(report, answers)
            for statement in sql.WRITE:
                cursor.execute(statement, self.parameters)
            cursor.execute(sql.COUNT)
            report.created, report.updated, report.unchanged, report.without_category = cursor.fetchone()
            cursor.execute(sql.COUNT_VARIANTS)
            report.variants, report.without_price = cursor.fetchone()
            cursor.execute(sql.FIRST_CHANGES, [KEPT])
            report.changes = [
                ImportChange(handle, created, json.loads(aspects))
                for handle, created, aspects in cursor.fetchall()
            ]

    def _refuse_duplicates(self, report: ImportReport) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.DUPLICATES)
            for handle, line, variants, others in cursor.fetchall():
                report.add_refused(RefusedProduct(handle, line, variants))
                remedy = _("make them one product or name them apart: others begin on lines %(lines)s")
                lines = ", ".join(str(other) for other in others[:SHOWN])
                report.add_errors(
                    [RowError(line, "", handle, _("two products have this name"), remedy % {"lines": lines})]
                )
            cursor.execute(sql.FORGET_DUPLICATES)

    def _ask(self, report: ImportReport, answers: ImportAnswers) -> None:
        """Do as was answered about what the file does not say, and note the questions that are left."""
        with connection.cursor() as cursor:
            if answers.unshipped == "leave_out":
                cursor.execute(sql.LEFT_OUT)
                for handle, line, variants in cursor.fetchall():
                    report.add_refused(RefusedProduct(handle, line, variants))
                    report.add_errors([_left_out(handle, line)])
                cursor.execute(sql.FORGET_LEFT_OUT)
            cursor.execute(sql.QUESTIONS, {"shown": SHOWN})
            questions = [ImportQuestion(*row) for row in cursor.fetchall()]
            report.questions = [question for question in questions if answers.leaves_open(question)]
            if answers.category:
                cursor.execute(sql.ANSWER_CATEGORY, {"category": answers.category})
            cursor.execute(sql.ANSWER_KIND, {"kind": answers.unshipped or "physical"})
            if answers.units is not None:
                cursor.execute(sql.ANSWER_UNITS, {"units": answers.units})

    def _flush(self) -> None:
        for table, lines in self._lines.items():
            if lines:
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy,
                ):
                    copy.write("".join(lines))
                lines.clear()


def _left_out(handle: str, line: int) -> RowError:
    return RowError(
        line,
        "",
        handle,
        _("needs no shipping, and such products are left out as was answered"),
        _("answer that they are vouchers or parcels if they are"),
    )


def _place(own: int | None, counted: int) -> int:
    return counted if own is None else own


def copy_text(value: str) -> str:
    """Return a text as COPY reads it."""
    return value.translate(ESCAPES) if SPECIAL.search(value) else value


def copy_null(value: object) -> str:
    """Return a number or an id as COPY reads it, None as NULL."""
    return "\\N" if value is None else str(value)


def _json(value: list[Any] | Mapping[str, Any]) -> str:
    return json.dumps(value if isinstance(value, list) else dict(value), ensure_ascii=False).translate(
        ESCAPES
    )


def copy_array(values: Iterable[str]) -> str:
    """Return texts as COPY reads an array of them."""
    quoted = ",".join(f'"{value.translate(QUOTED) if QUOTE.search(value) else value}"' for value in values)
    return copy_text(f"{{{quoted}}}")
