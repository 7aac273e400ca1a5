"""10,000 variants of 2,500 products from a Shopify CSV, beside COPY of the rows that come of it.

The reference writes the same rows of the same five tables, with the same indexes, in one transaction;
it reads no CSV of a shop, checks nothing, and has no keys between the tables.
"""

import csv
import io
import random

from django.db import connection, transaction

from catalog.importing.answers import ImportAnswers
from catalog.importing.shopify.products import import_products
from catalog.models import Supplier
from tests.bench.row import Row, median_of, seconds

RUNS = 5
ANSWERS = ImportAnswers(no_category=True)
PRODUCTS, VARIANTS = 2_500, 4
TABLES = ("product", "variant", "price", "stock", "media")
HEADER = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published"),
    *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value"),
    *("Variant SKU", "Variant Grams", "Variant Inventory Qty", "Variant Price", "Variant Compare At Price"),
    *(
        "Variant Requires Shipping",
        "Variant Barcode",
        "Image Src",
        "Image Position",
        "Status",
        "Cost per item",
    ),
)
TEXT = "<p>" + "What it is made of, how it feels, and what it is good for. " * 8 + "</p>"


def run() -> Row:
    """Import into an empty catalogue, time and again; then COPY the same rows as often."""
    data = _file()
    supplier = Supplier.objects.create(code="bench", name={"en": "Bench"})

    def one_import() -> float:
        _empty("catalog_{}")
        return seconds(lambda: _import(supplier, data))

    one_import()
    ours = median_of(RUNS, one_import)
    again = seconds(lambda: _import(supplier, data))
    rows = {table: _copy_out(table) for table in TABLES}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE beside_{table} (LIKE catalog_{table} INCLUDING ALL)")

    def one_copy() -> float:
        _empty("beside_{}")
        return seconds(lambda: _copy_in(rows))

    one_copy()
    beside = median_of(RUNS, one_copy)
    variants = PRODUCTS * VARIANTS
    return Row(
        id="import",
        unit="variants/s",
        ours=round(variants / ours),
        beside=round(variants / beside),
        ratio=round(beside / ours, 3),
        runs=RUNS,
        note=f"{variants:,} variants in {ours:.2f} s, again in {again:.2f} s; COPY {beside:.2f} s",
    )


def _file() -> bytes:
    dice = random.Random(7)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for product in range(PRODUCTS):
        for variant in range(VARIANTS):
            first = variant == 0
            price = dice.randint(1_000, 90_000)
            writer.writerow(
                [
                    f"product-{product}",
                    *(
                        (f"Product {product}", TEXT, "Vendor", "Bowl", "one, two, three", "true", "Size")
                        if first
                        else ("",) * 7
                    ),
                    f"S{variant % 2}",
                    "Colour" if first else "",
                    f"C{variant // 2}",
                    f"SKU-{product}-{variant}",
                    *(250, 20, f"{price / 100:.2f}", "", "true", ""),
                    f"https://pictures.example/{product}-{variant}.jpg",
                    *(variant + 1, "active" if first else "", f"{price * 6 // 1000 * 10 / 100:.2f}"),
                ]
            )
    return text.getvalue().encode()


def _import(supplier: Supplier, data: bytes) -> None:
    report = import_products(file=io.BytesIO(data), supplier=supplier, currency="CNY", answers=ANSWERS)
    if report.errors or report.questions or report.variants != PRODUCTS * VARIANTS:
        raise RuntimeError(f"the file was not taken whole: {report.errors[:3]}")


def _copy_out(table: str) -> list[bytes]:
    with connection.cursor() as cursor, cursor.copy(f"COPY catalog_{table} TO STDOUT") as copy:
        return [bytes(part) for part in copy]


def _copy_in(rows: dict[str, list[bytes]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, parts in rows.items():
            with cursor.copy(f"COPY beside_{table} FROM STDIN") as copy:
                copy.write(b"".join(parts))


def _empty(pattern: str) -> None:
    # What belongs to a product goes with it, also what may only grow: its guards sleep meanwhile.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(pattern.format(table) for table in TABLES)} CASCADE")
