"""Suppliers' files as real stores export them: every row is taken or named, and twice is once."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.feed.selectors import catalogue_version
from catalog.importing.answers import ImportAnswers
from catalog.importing.report import ImportReport
from catalog.importing.shopify.products import import_products
from catalog.models import Media, Price, Product, Stock, Supplier, Variant
from kernel.errors import InvalidInput
from kernel.models import AuditEntry
from tests.support.build import make_category, make_product, make_supplier

SAMPLES = Path(__file__).parent / "samples"
ANSWERS = ImportAnswers(units=0, unshipped="voucher", no_category=True)
HEAD = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Inventory Qty,Cost per item,Image Src\n"


def bring(text: str | bytes, supplier: Supplier | None = None, **options: Any) -> ImportReport:
    """Import ``text`` for ``supplier`` (the farm, made if need be) in CNY; every question is answered."""
    supplier = supplier or Supplier.objects.filter(code="farm").first() or make_supplier()
    data = text if isinstance(text, bytes) else text.encode()
    options = {"currency": "CNY", "answers": ANSWERS, **options}
    return import_products(file=io.BytesIO(data), supplier=supplier, **options)


def sample(name: str) -> bytes:
    """Return a file of the samples folder."""
    return (SAMPLES / name).read_bytes()


def offers(handle: str) -> list[tuple[list[str], int, int, int | None, int]]:
    """Return options, suggested price, cost, compare-at price and stock of each variant on sale."""
    return [
        (
            variant.options,
            *variant.prices.values_list("suggested", "cost", "compare_at").get(),
            variant.stock.available,
        )
        for variant in Variant.objects.filter(product__handle=handle, is_active=True)
    ]


def test_the_classic_columns(db: None) -> None:
    report = bring(sample("classic.csv"))
    assert (report.created, report.failed, report.rows, report.variants) == (2, 0, 5, 4)
    mug = Product.objects.get(handle="river-stone-mug")
    assert mug.title == {"en": "River Stone Mug"}
    assert mug.description["en"].startswith('<p>Thrown by hand.</p>\n<p>No two are "the same"')
    assert "script" not in mug.description["en"]
    assert mug.options == [
        {"name": {"en": "Glaze"}, "values": ["Moss", "Sand"]},
        {"name": {"en": "Size"}, "values": ["250 ml", "400 ml"]},
    ]
    assert mug.tags == ["stoneware", "gift", "Mugs"]
    assert offers("river-stone-mug") == [
        (["Moss", "250 ml"], 1850, 1110, None, 12),
        (["Moss", "400 ml"], 2400, 1440, 3000, 0),
        (["Sand", "250 ml"], 1850, 1110, None, 0),
    ]
    assert mug.variants.values_list("sku", "barcode", "weight_grams").first() == (
        "MUG-M-250",
        "0012345678905",
        410,
    )
    assert [(picture.url, picture.variant and picture.variant.options[0]) for picture in mug.media.all()] == [
        ("https://pictures.example/mug-moss.jpg", "Moss"),
        ("https://pictures.example/mug-sand.jpg", "Sand"),
        ("https://pictures.example/mug-box.jpg", None),
    ]


def test_a_product_without_options_or_sku_that_is_not_published(db: None) -> None:
    bring(sample("classic.csv"))
    cloth = Product.objects.get(handle="linen-cloth")
    assert (cloth.status, cloth.options, cloth.description) == ("draft", [], {"en": "<p>Washed soft.</p>"})
    variant = cloth.variants.get()
    assert (variant.options, variant.sku, variant.weight_grams, variant.stock.available) == ([], "", 96, 0)
    assert cloth.media.get().url == "https://pictures.example/cloth.jpg"


def test_status_metafields_and_cost_of_the_middle_columns(db: None) -> None:
    home = make_category("home")
    report = bring(sample("middle.csv"))
    assert (report.created, report.failed, report.without_category) == (2, 0, 1)
    assert "Included / United States" in report.ignored_columns
    assert offers("oak-tray") == [(["原色"], 16800, 7025, None, 7), (["黑色"], 17800, 10680, None, 4)]
    tray = Product.objects.get(handle="oak-tray")
    assert (tray.title, tray.category_id) == ({"zh-hans": "橡木托盘"}, home.pk)
    spa = Product.objects.get(handle="day-spa")
    assert (spa.kind, spa.status) == ("voucher", "draft")


def test_the_newest_columns(db: None) -> None:
    report = bring(sample("newest.csv"), currency="USD")
    assert (report.created, report.failed) == (1, 0)
    assert offers("night-lamp") == [(["Paper"], 3900, 2000, 4900, 15), (["Linen"], 4200, 2150, None, 3)]
    assert set(Price.objects.values_list("currency", flat=True)) == {"USD"}


@pytest.mark.parametrize("name", ["classic.csv", "middle.csv", "newest.csv"])
def test_the_same_file_again_changes_nothing(db: None, name: str) -> None:
    first = bring(sample(name))
    version, entries = catalogue_version(), AuditEntry.objects.count()
    again = bring(sample(name))
    assert (again.created, again.updated, again.unchanged, again.changes) == (0, 0, first.created, [])
    assert (catalogue_version(), AuditEntry.objects.count()) == (version, entries)


def test_byte_order_mark_windows_lines_and_semicolons(db: None) -> None:
    text = "\ufeff" + HEAD.replace(",", ";") + "cup;Cup;;;12.50;3;;\r\n\r\n"
    report = bring(text.replace("\n", "\r\n"))
    assert (report.created, report.failed) == (1, 0)
    assert offers("cup") == [([], 1250, 750, None, 3)]


def test_a_dry_run_shows_the_change_and_makes_none(db: None) -> None:
    bring(HEAD + "cup,Cup,Size,S,10,3,,https://pictures.example/1.jpg\n")
    version = catalogue_version()
    changed = HEAD + "cup,Cup,Size,S,11,3,,https://pictures.example/2.jpg\ncup,,,M,12,1,,\npot,Pot,,,5,1,,\n"
    report = bring(changed, dry_run=True)
    assert (report.created, report.updated) == (1, 1)
    assert report.changes[0].handle == "cup"
    assert report.changes[0].aspects == {
        "texts": 1,  # the option has a value more
        "prices": 2,
        "variants_added": 1,
        "pictures": 1,
        "pictures_removed": 1,
    }
    assert catalogue_version() == version
    assert offers("cup") == [(["S"], 1000, 600, None, 3)]
    assert not Product.objects.filter(handle="pot").exists()
    assert bring(changed).changes == report.changes


def test_a_dry_run_does_not_even_save_a_new_supplier(db: None) -> None:
    text = HEAD + "cup,Cup,,,10,3,,\n"
    assert bring(text, Supplier(code="new", name={"en": "New"}), dry_run=True).created == 1
    assert not Supplier.objects.exists()
    assert bring(text, Supplier(code="new", name={"en": "New"})).created == 1


def test_what_a_product_no_longer_has_goes_out_of_sale_and_can_come_back(db: None) -> None:
    both = HEAD + "cup,Cup,Size,S,10,3,,\ncup,,,M,12,1,,\n"
    bring(both)
    ids = dict(Variant.objects.values_list("options__0", "id"))
    bring(HEAD + "cup,Cup,Size,S,10,3,,\n")
    assert [offer[0] for offer in offers("cup")] == [["S"]]
    bring(both)
    assert [offer[0] for offer in offers("cup")] == [["S"], ["M"]]
    assert dict(Variant.objects.values_list("options__0", "id")) == ids


def test_units_that_are_reserved_are_not_sold_again(db: None) -> None:
    bring(HEAD + "cup,Cup,,,10,5,,\n")
    Stock.objects.update(available=3, reserved=2)
    assert bring(HEAD + "cup,Cup,,,10,5,,\n").unchanged == 1
    bring(HEAD + "cup,Cup,,,10,1,,\n")
    assert Stock.objects.values_list("available", "reserved").get() == (0, 2)


def test_an_empty_quantity_leaves_the_stock(db: None) -> None:
    bring(HEAD + "cup,Cup,,,10,5,,\n")
    assert bring(HEAD + "cup,Cup,,,10,,,\n").unchanged == 1
    assert Stock.objects.get().available == 5


def test_a_second_currency_is_a_second_price(db: None) -> None:
    bring(HEAD + "cup,Cup,,,10,5,,\n")
    bring(HEAD + "cup,Cup,,,1200,5,,\n", currency="JPY")
    assert set(Price.objects.values_list("currency", "suggested")) == {("CNY", 1000), ("JPY", 1200)}


def test_a_second_language_is_added_to_the_first(db: None) -> None:
    bring(HEAD + "cup,Cup,,,10,5,,\n")
    bring(HEAD + "cup,杯子,,,10,5,,\n")
    assert Product.objects.get().title == {"en": "Cup", "zh-hans": "杯子"}


def test_other_products_and_suppliers_are_left_alone(db: None) -> None:
    other = make_product(make_supplier("other"), "cup", price=700)
    bowl = make_product(make_supplier(), "bowl")
    bring(HEAD + "cup,Cup,,,10,5,,\n")
    assert Price.objects.get(variant__product=other).suggested == 700
    assert Product.objects.get(pk=bowl.pk).status == "active"


FAULTS = {
    "a price that is no number": ("cup,Cup,,,ten,1,,", 2, "Variant Price", "ten"),
    "a negative price": ("cup,Cup,,,-1,1,,", 2, "Variant Price", "-1"),
    "a price that is one of two": ('cup,Cup,,,"1,200",1,,', 2, "Variant Price", "1,200"),
    "a price with a third decimal": ("cup,Cup,,,1.999,1,,", 2, "Variant Price", "1.999"),
    "a cost above the price": ("cup,Cup,,,5,1,6,", 2, "Cost per item", "6"),
    "a quantity in words": ("cup,Cup,,,5,many,,", 2, "Variant Inventory Qty", "many"),
    "no title": ("cup,,,,5,1,,", 2, "Title", ""),
    "no handle": (",Cup,,,5,1,,", 2, "Handle", ""),
    "a handle without a letter": ("…,Cup,,,5,1,,", 2, "Handle", "…"),
    "an option value missing": ("cup,Cup,Size,S,5,1,,\ncup,,,,6,1,,", 3, "Option1 Value", ""),
    "an option value twice": ("cup,Cup,Size,S,5,1,,\ncup,,,S,6,1,,", 3, "Option1 Value", "S"),
    "a picture that is a script": (
        "cup,Cup,,,5,1,,javascript:alert(1)",
        2,
        "Image Src",
        "javascript:alert(1)",
    ),
    "too many cells": ("cup,Cup,,,5,1,,,surplus", 2, "", ""),
}


@pytest.mark.parametrize(("rows", "line", "column", "value"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_and_the_rest_taken(db: None, rows: str, line: int, column: str, value: str) -> None:
    report = bring(HEAD + rows + "\njar,Jar,,,3,1,,\n")
    error = report.errors[0]
    assert (error.line, error.column, error.value) == (line, column, value)
    assert error.message
    assert error.remedy
    assert list(Product.objects.exclude(handle="pot").values_list("handle", flat=True)) == ["jar"]


def test_a_quotation_mark_never_closed_costs_its_product_and_no_other(db: None) -> None:
    report = bring(HEAD + 'jar,Jar,,,3,1,,\npot,Pot,,,5,1,,\ncup,"Cup,,,5,1,,\nbowl,Bowl,,,4,1,,\n')
    assert [error.line for error in report.errors] == [4]
    assert [product.handle for product in report.refused] == ["cup"]
    assert set(Product.objects.values_list("handle", flat=True)) == {"jar", "pot", "bowl"}


def test_every_fault_of_a_product_is_named(db: None) -> None:
    report = bring(HEAD + "cup,Cup,Size,S,x,1,,\ncup,,,M,y,1,,\n")
    assert [(error.line, error.value) for error in report.errors] == [(2, "x"), (3, "y")]
    assert report.failed == 1


def test_lines_are_counted_as_an_editor_shows_them(db: None) -> None:
    text = 'Handle,Title,Body (HTML),Variant Price\ncup,Cup,"one\ntwo\nthree",5\npot,Pot,,wrong\n'
    assert bring(text).errors[0].line == 5


def test_an_update_with_a_fault_leaves_the_product_as_it_was(db: None) -> None:
    bring(HEAD + "cup,Cup,Size,S,5,1,,\ncup,,,M,6,1,,\n")
    report = bring(HEAD + "cup,Cup,Size,S,7,1,,\ncup,,,M,wrong,1,,\n")
    assert (report.updated, report.failed) == (0, 1)
    assert [offer[1] for offer in offers("cup")] == [500, 600]


WHOLE_FILES = {
    "a workbook of an old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), None),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(200)), None),
    "a broken workbook": (b"PK\x03\x04" + b"x" * 300, None),
    "broken XML": (b"<?xml version='1.0'?>\n<rss><channel><item><title>x</item>", 2),
    "XML that grows": (
        b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'b'>]><rss><item><title>&a;</title></item></rss>",
        None,
    ),
    "no columns we know": (b"name,amount\ncup,10\n", 1),
    "nothing at all": (b"", 1),
}


@pytest.mark.parametrize(("data", "line"), WHOLE_FILES.values(), ids=WHOLE_FILES)
def test_a_file_that_cannot_be_read_changes_nothing(db: None, data: bytes, line: int | None) -> None:
    with pytest.raises(InvalidInput) as refusal:
        bring(data)
    assert refusal.value.line == line
    assert refusal.value.remedy
    assert not Product.objects.exists()
    assert not Media.objects.exists()


@pytest.mark.slow
@settings(max_examples=40)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=12)
        .map(str.strip)
        .filter(lambda text: text and not text.isspace()),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    prices=st.lists(st.integers(1, 10**9), min_size=4, max_size=4),
    quantities=st.lists(st.integers(-5, 10**6), min_size=4, max_size=4),
)
def test_whatever_stands_in_the_cells_arrives_as_it_is_and_only_once(
    db: None, texts: list[str], prices: list[int], quantities: list[int]
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(
        ["Handle", "Title", "Option1 Name", "Option1 Value", "Variant Price", "Variant Inventory Qty"]
    )
    for place, text in enumerate(texts):
        head = [texts[0], texts[0]] if place == 0 else ["", ""]
        price = f"{prices[place] // 100}.{prices[place] % 100:02}"
        writer.writerow(["cup", *head, text, price, quantities[place]])
    Product.objects.all().delete()
    assert bring(file.getvalue()).errors == []
    assert list(Product.objects.get(handle="cup").title.values()) == [texts[0]]
    assert [(offer[0][0], offer[1], offer[4]) for offer in offers("cup")] == [
        (text, prices[place], max(quantities[place], 0)) for place, text in enumerate(texts)
    ]
    assert bring(file.getvalue()).unchanged == 1
