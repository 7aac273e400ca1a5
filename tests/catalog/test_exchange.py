"""Our own CSV: what is exported comes back as it was; a row is taken or named; formulas do not run."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.demo.loading import load_demo_catalogue
from catalog.feed import services as feed_services
from catalog.importing.answers import ImportAnswers
from catalog.importing.plain import amounts, exports
from catalog.importing.plain import products as plain_products
from catalog.importing.report import ImportReport
from catalog.models import FeedMark, Media, Price, Product, Stock, Supplier
from catalog.stock import services as stock_services
from kernel.files.formulas import guard, unguard
from tests import early
from tests.support.build import make_product, make_supplier

ANSWERS = ImportAnswers(units=0, unshipped="voucher", no_category=True)
ROOT = Path(__file__).resolve().parents[2]


def _file(lines: Iterator[str]) -> io.BytesIO:
    return io.BytesIO("".join(lines).encode())


def _rows(lines: Iterator[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines).removeprefix(exports.BOM))))


def _csv(*rows: dict[str, Any]) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def _plain(supplier: Supplier, file: io.BytesIO, **options: Any) -> ImportReport:
    options = {"currency": "CNY", "answers": ANSWERS, **options}
    return plain_products.import_products(file=file, supplier=supplier, **options)


def _nothing_changed(report: ImportReport) -> bool:
    assert report.errors == []
    return (report.created, report.updated, report.failed, report.changes) == (0, 0, 0, [])


@pytest.mark.slow
def test_the_demo_comes_back_as_it_was(own_database: str) -> None:
    load_demo_catalogue()
    feed_services.catch_up()
    for supplier in Supplier.objects.all():
        count = Product.objects.filter(supplier=supplier).count()
        report = _plain(supplier, _file(exports.products(supplier, "CNY")))
        assert _nothing_changed(report)
        assert report.unchanged == count > 0
        assert _nothing_changed(
            amounts.import_prices(
                file=_file(exports.prices(supplier, "CNY")), supplier=supplier, currency="CNY"
            )
        )
        assert _nothing_changed(amounts.import_stock(file=_file(exports.stock(supplier)), supplier=supplier))
    assert not FeedMark.objects.exists()


def test_odd_things_come_back_too(own_database: str) -> None:
    supplier = make_supplier()
    product = make_product(
        supplier,
        "odd",
        options=("=1+1", "'-2"),
        title={"zh-hans": "+86 龙井,“茶”", "en": "@home\ttea"},
        description={"en": "<p>a,b\nc</p>"},
        tags=["-10%", "x"],
        vendor="=cmd|' /C calc'!A0",
        kind="voucher",
        voucher={"valid_days": 30, "uses": 3, "refund_on_expiry": False},
    )
    first, second = product.variants.all()
    Price.objects.filter(variant=second).delete()
    Stock.objects.filter(variant=first).update(available=5, reserved=2)
    for place, (url, variant) in enumerate([("/media/a.webp", None), ("https://x.test/b.jpg", second)]):
        Media.objects.create(product=product, url=url, variant=variant, position=place, alt={"en": "=alt"})
    Media.objects.create(product=product, url="https://x.test/c.jpg", position=9)
    assert _nothing_changed(_plain(supplier, _file(exports.products(supplier, "CNY"))))
    assert not Price.objects.filter(variant=second).exists()
    assert Product.objects.get().title == product.title


def test_no_cell_of_an_export_begins_like_a_formula(own_database: str) -> None:
    make_product(make_supplier(), "risky", title={"en": "=HYPERLINK(1)"}, vendor="\t=1", tags=["@x"])
    for row in _rows(exports.products(Supplier.objects.get(), "CNY")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


@given(st.text(alphabet="'=+-@\t\ra1", max_size=6))
def test_guarding_can_be_undone(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


def test_products_are_made_changed_and_previewed(own_database: str) -> None:
    supplier = make_supplier()
    row = {
        "handle": "tea", "title_zh": "龙井", "title_en": "Longjing",
        "description_en": "<b>x</b><script>y</script>",
        "option1_zh": "重量", "option1_value": "50g", "sku": "T-50", "currency": "CNY", "cost": "60",
        "lowest_price": "70", "suggested_price": "100", "stock": "12", "picture": "https://x.test/1.jpg",
    }  # fmt: skip
    rows = (row, {"handle": "tea", "option1_value": "100g", "cost": "110", "suggested_price": "190"})
    preview = _plain(supplier, _csv(*rows), dry_run=True)
    assert (preview.created, preview.changes[0].aspects["variants_added"]) == (1, 2)
    assert not Product.objects.exists()
    assert _plain(supplier, _csv(*rows)).created == 1
    product = Product.objects.get()
    assert product.description == {"en": "<b>x</b>"}
    small, large = product.variants.order_by("position")
    assert (small.options, small.sku, small.stock.available) == (["50g"], "T-50", 12)
    assert large.prices.get().minimum == 11_000
    changed = _plain(supplier, _csv({**row, "suggested_price": "101"}, rows[1]))
    assert changed.changes[0].aspects == {"prices": 1}


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no title": ({"title_zh": "", "title_en": ""}, "title_zh"),
    "another currency": ({"currency": "EUR"}, "currency"),
    "a price below its cost": ({"suggested_price": "5"}, "lowest_price"),
    "half a price": ({"cost": ""}, "cost"),
    "an unknown category": ({"category": "nowhere"}, "category"),
    "an unknown state": ({"status": "gone"}, "status"),
    "a picture by http": ({"picture": "ftp://x"}, "picture"),
    "no number": ({"stock": "many"}, "stock"),
    "uses of a voucher": ({"kind": "voucher", "voucher_uses": "0"}, "voucher_uses"),
}


@pytest.mark.parametrize(("change", "column"), WRONG.values(), ids=WRONG)
def test_a_wrong_row_is_named_and_the_others_are_taken(
    own_database: str, change: dict[str, str], column: str
) -> None:
    good = {"handle": "good", "title_en": "Good", "title_zh": "", "currency": "CNY", "cost": "6",
            "suggested_price": "10", "stock": "1"}  # fmt: skip
    empty = dict.fromkeys(change, "")
    report = _plain(make_supplier(), _csv({**empty, **good}, {**empty, **good, "handle": "bad", **change}))
    assert (report.created, report.failed) == (1, 1)
    (error,) = report.errors
    assert (error.line, error.column) == (3, column)
    assert error.remedy
    assert [product.handle for product in Product.objects.all()] == ["good"]


def test_prices_and_stock_alone(own_database: str) -> None:
    supplier = make_supplier()
    product = make_product(supplier, "tea", options=("50g", "100g"))
    small, large = product.variants.order_by("position")
    Stock.objects.filter(variant=small).update(available=5, reserved=2)
    report = amounts.import_prices(
        file=_csv(
            {"handle": "tea", "option1_value": "50g", "sku": "", "cost": "50", "lowest_price": "60",
             "suggested_price": "99.90"},
            {"handle": "", "option1_value": "", "sku": large.sku, "cost": "50", "lowest_price": "60",
             "suggested_price": "99.90"},
            {"handle": "tea", "option1_value": "75g", "sku": "", "cost": "1", "lowest_price": "2",
             "suggested_price": "3"},
            {"handle": "tea", "option1_value": "50g", "sku": "", "cost": "1", "lowest_price": "2",
             "suggested_price": "3"},
        ),
        supplier=supplier,
        currency="CNY",
    )  # fmt: skip
    assert (report.updated, report.failed) == (2, 2)
    assert [error.line for error in report.errors] == [4, 5]
    assert set(Price.objects.values_list("suggested", "minimum")) == {(9_990, 6_000)}
    report = amounts.import_stock(
        file=_csv({"handle": "tea", "option1_value": "50g", "stock": "40"}), supplier=supplier
    )
    assert report.updated == 1
    assert Stock.objects.get(variant=small).available == 38
    assert Stock.objects.get(variant=large).available == 100


def test_another_supplier_s_goods_stay_as_they_are(own_database: str) -> None:
    make_product(make_supplier("other"), "tea")
    report = amounts.import_stock(file=_csv({"handle": "tea", "stock": "0"}), supplier=make_supplier())
    assert (report.updated, report.failed) == (0, 1)
    assert Stock.objects.get().available == 100


def test_a_hot_variant_s_stock_is_set_by_a_file_too(own_database: str) -> None:
    supplier = make_supplier()
    variant = make_product(supplier, "tea", stock=10).variants.get()
    stock_services.set_hot(variant_id=variant.pk, hot=True, acting_user="test")
    amounts.import_stock(file=_csv({"handle": "tea", "stock": "25"}), supplier=supplier)
    stock_services.count_hot()
    assert Stock.objects.get().available == 25


MEASURE = """
import sys
from pathlib import Path
import django
django.setup()
from catalog.importing.answers import ImportAnswers
from catalog.importing.plain import products as plain_products
from catalog.models import Supplier
seen = []
with open(sys.argv[1], "rb") as file:
    report = plain_products.import_products(
        file=file, supplier=Supplier.objects.get(), currency="CNY",
        progress=lambda done, rows: seen.append(done), answers=ImportAnswers(no_category=True),
    )
assert not report.errors and len(seen) > 2 and seen == sorted(seen), (report.errors[:2], seen)
# Not getrusage: its figure survives exec, so it would be that of whoever started us.
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(report.created, peak)
"""


@pytest.mark.slow
def test_a_large_file_takes_no_more_memory_than_a_small_one(own_database: str, tmp_path: Path) -> None:
    make_supplier()
    # Both are larger than what is read and kept at once: the rest of the file must cost nothing.
    small, large = (_measure(own_database, tmp_path / f"{size}.csv", size) for size in (1_000, 6_000))
    grown = (tmp_path / "6000.csv").stat().st_size - (tmp_path / "1000.csv").stat().st_size
    assert grown > 10_000_000
    assert large - small < grown // 2 // 1024, (
        f"{small} KiB for the small file, {large} KiB for the large one"
    )


def _measure(database: str, path: Path, products: int) -> int:
    """Import so many products in a process of its own; return its peak memory in KiB."""
    text = "<p>" + "Spring tea from old trees picked by hand. " * 50 + "</p>"
    with path.open("w", encoding="utf-8") as file:
        file.write("handle,title_en,description_en,currency,cost,suggested_price,stock\n")
        file.writelines(f"p{path.stem}-{n},Tea {n},{text},CNY,60,100,5\n" for n in range(products))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        env=os.environ | {"DATABASE_URL": f"postgresql://postgres@/{database}?host={early.run / 'run'}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    created, peak = done.stdout.split()
    assert int(created) == products
    return int(peak)
