"""The same goods in every kind of file that shops send: each ends in the same products, or says why not."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook

from catalog.importing.answers import ImportAnswers
from catalog.importing.formats import FORMATS, format_of
from catalog.importing.report import ImportReport
from catalog.importing.tables.opening import open_table
from catalog.models import Price, Product, Variant
from kernel.errors import InvalidInput
from tests.support.build import make_supplier

ROWS = [
    [
        "Handle",
        "Title",
        "Option1 Name",
        "Option1 Value",
        "Variant SKU",
        "Variant Price",
        "Variant Inventory Qty",
    ],
    ["hongcha", "红茶 正山小种", "重量", "50克", "HC-50", "19.90", "5"],
    ["hongcha", "", "", "100克", "HC-100", "36.00", "7"],
    ["lvcha", "绿茶", "", "", "LC-1", "9.90", "3"],
]
ANSWERS = ImportAnswers(no_category=True)


def text(delimiter: str = ",", end: str = "\n", rows: list[list[str]] | None = None) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(rows or ROWS)
    return file.getvalue()


def workbook(rows: list[list[Any]]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.create_sheet("Notes").append(["nothing"])
    book.save(file)
    return file.getvalue()


def decimal_comma() -> str:
    return text(
        ";", rows=[[cell.replace(".", ",") if cell[-3:-2] == "." else cell for cell in row] for row in ROWS]
    )


KINDS: dict[str, Callable[[], bytes]] = {
    "UTF-8": lambda: text().encode(),
    "UTF-8 with its mark": lambda: text().encode("utf-8-sig"),
    "GBK": lambda: text().encode("gbk"),
    "UTF-16": lambda: text().encode("utf-16"),
    "UTF-16 without a mark": lambda: text().encode("utf-16-le"),
    "Windows lines": lambda: text(end="\r\n").encode(),
    "Macintosh lines": lambda: text(end="\r").encode(),
    "semicolons and decimal commas": lambda: decimal_comma().encode(),
    "tabs": lambda: text("\t").encode(),
    "bars": lambda: text("|").encode(),
    "told by Excel what stands between": lambda: ("sep=;\r\n" + text(";")).encode(),
    "Excel": lambda: workbook(ROWS),
    "Excel with numbers": lambda: workbook(
        [ROWS[0], *([*row[:5], float(row[5]), int(row[6])] for row in ROWS[1:])]
    ),
    "variants sorted apart": lambda: text(rows=[ROWS[0], ROWS[1], ROWS[3], ROWS[2]]).encode(),
    "prices with the sign": lambda: text(
        rows=[ROWS[0], *([*row[:5], f"¥ {row[5]}", row[6]] for row in ROWS[1:])]
    ).encode(),
    "full-width digits": lambda: (
        text().translate({ord(digit): 0xFEE0 + ord(digit) for digit in "."}).encode()
    ),
}


def bring(data: bytes, **options: Any) -> ImportReport:
    """Bring ``data`` in for the farm in CNY, as what it looks like."""
    file = io.BytesIO(data)
    given_format = options.pop("format", None) or format_of(open_table(file).header)
    options = {"currency": "CNY", "answers": ANSWERS, "columns": {}, **options}
    return FORMATS[given_format](file=file, supplier=make_supplier(), **options)


def goods() -> list[tuple[Any, ...]]:
    """Return handle, options, SKU, price and stock of everything on sale."""
    return sorted(
        (
            variant.product.handle,
            variant.options,
            variant.sku,
            variant.prices.get().suggested,
            variant.stock.available,
        )
        for variant in Variant.objects.filter(is_active=True)
    )


EXPECTED = [
    ("hongcha", ["100克"], "HC-100", 3600, 7),
    ("hongcha", ["50克"], "HC-50", 1990, 5),
    ("lvcha", [], "LC-1", 990, 3),
]


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)
def test_every_kind_of_file_holds_the_same_goods(db: None, data: Callable[[], bytes]) -> None:
    report = bring(data())
    assert report.errors == []
    assert goods() == EXPECTED
    assert {product.title["zh-hans"] for product in Product.objects.all()} == {"红茶 正山小种", "绿茶"}
    assert bring(data()).unchanged == 2


def test_a_guessed_encoding_is_said_and_can_be_named(db: None) -> None:
    report = bring(text().encode("gbk"), dry_run=True)
    assert (report.encoding, len(report.file_remarks)) == ("gb18030", 1)
    assert bring(text().encode("gbk"), encoding="gb18030").file_remarks == []
    with pytest.raises(InvalidInput, match="UTF-8"):
        bring(text().encode("gbk"), format="shopify", encoding="utf-8")


WOO_HEAD = (
    "ID,Type,SKU,Name,Published,Description,In stock?,Stock,Weight (kg),Sale price,Regular price,"
    "Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s)\n"
)
WOO = (
    WOO_HEAD
    + '1,variable,TEE,Tee,1,<p>Soft.</p>,1,,,,,Clothes > Shirts,https://x.test/tee.jpg,,Size,"S, M"\n'
    '2,simple,MUG,Mug,1,A mug,1,4,0.35,8.50,10.00,Home,"https://x.test/a.jpg, https://x.test/b.jpg",,Material,Clay\n'
    '3,"simple, virtual",LESSON,Lesson,1,,1,9,,,30.00,,,,,\n'
    "4,grouped,SET,Set,1,,1,,,,,,,,,\n"
    "5,variation,TEE-S,Tee - S,1,,1,2,0.2,,20.00,,https://x.test/s.jpg,TEE,Size,S\n"
    "6,variation,TEE-M,Tee - M,1,,0,,,,21.00,,,TEE,Size,M\n"
)


def test_woocommerce(db: None) -> None:
    report = bring(WOO.encode(), answers=ImportAnswers(no_category=True, unshipped="voucher"))
    assert goods() == [
        ("lesson", [], "LESSON", 3000, 9),
        ("mug", [], "MUG", 850, 4),
        ("tee", ["M"], "TEE-M", 2100, 0),
        ("tee", ["S"], "TEE-S", 2000, 2),
    ]
    assert [product.handle for product in report.refused] == ["SET"]
    mug = Product.objects.get(handle="mug")
    assert (mug.variants.get().prices.get().compare_at, mug.variants.get().weight_grams) == (1000, 350)
    assert [media.url[-5:] for media in mug.media.order_by("position")] == ["a.jpg", "b.jpg"]
    assert Product.objects.get(handle="lesson").kind == "voucher"
    tee = Product.objects.get(handle="tee")
    assert tee.options == [{"name": {"en": "Size"}, "values": ["S", "M"]}]
    assert tee.media.get(variant__sku="TEE-S").url == "https://x.test/s.jpg"


FEED = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>Shop</title>
<item><g:id>T-1</g:id><g:item_group_id>TEE</g:item_group_id><title>Tee</title>
  <description>Soft &amp; dry</description><g:size>S</g:size><g:color>Red</g:color>
  <g:price>20.00 CNY</g:price>
  <g:shipping><g:country>CN</g:country><g:price>3.00 CNY</g:price></g:shipping>
  <g:availability>in_stock</g:availability><g:image_link>https://x.test/1.jpg</g:image_link></item>
<item><g:id>T-2</g:id><g:item_group_id>TEE</g:item_group_id><title>Tee</title>
  <g:size>M</g:size><g:color>Red</g:color><g:price>22.00 CNY</g:price><g:sale_price>19.00 CNY</g:sale_price>
  <g:availability>out_of_stock</g:availability><g:gtin>0012345678905</g:gtin></item>
<item><g:id>MUG</g:id><title>Mug</title><g:price>8.50 USD</g:price></item>
</channel></rss>"""


def tsv_of(feed: str) -> str:
    """The feed as tab-separated text, with blanks in the names as they are in such files."""
    table = open_table(io.BytesIO(feed.encode()))
    rows = [[name.replace("_", " ") for name in table.header], *(row.cells for row in table)]
    return text("\t", rows=rows)


@pytest.mark.parametrize("data", [FEED, tsv_of(FEED)], ids=["XML", "TSV"])
def test_a_merchant_feed(db: None, data: str) -> None:
    report = bring(data.encode(), answers=ImportAnswers(units=6, no_category=True))
    assert goods() == [("tee", ["M"], "T-2", 1900, 0), ("tee", ["S"], "T-1", 2000, 6)]
    assert Variant.objects.get(sku="T-2").barcode == "0012345678905"
    assert Price.objects.get(variant__sku="T-2").compare_at == 2200
    assert [
        (error.value, product.handle) for error, product in zip(report.errors, report.refused, strict=True)
    ] == [("8.50 USD", "MUG")]


TABLE = """品名,规格,售价,库存,货号,重量(kg)
龙井,50克,"88,00",5,LJ-50,0.05
龙井,100克,"160,00",3,LJ-100,0.1
普洱,,98.5,2,PE,
"""


def test_a_table_of_anybody_s_own_is_understood_by_its_names(db: None) -> None:
    assert format_of(TABLE.partition("\n")[0].split(",")) == "columns"
    report = bring(TABLE.encode())
    assert report.errors == []
    assert sorted(
        (variant.sku, variant.options, variant.prices.get().suggested) for variant in Variant.objects.all()
    ) == [
        ("LJ-100", ["100克"], 16000),
        ("LJ-50", ["50克"], 8800),
        ("PE", [], 9850),
    ]
    assert Variant.objects.get(sku="LJ-50").weight_grams == 50
    assert Product.objects.count() == 2
    assert report.columns["price"] == "售价"


def test_columns_can_be_chosen_and_what_is_missing_is_named(db: None) -> None:
    data = b"a,b,c\nTea,10.00,x\n"
    with pytest.raises(InvalidInput) as refusal:
        bring(data)
    assert (refusal.value.field, "标题, 价格" in str(refusal.value.message)) == ("columns", True)
    for wrong in ({"title": "a", "price": "z"}, {"title": "a", "prise": "b"}, {"title": "a"}):
        with pytest.raises(InvalidInput) as refusal:
            bring(data, columns=wrong)
        assert refusal.value.remedy
    report = bring(
        data, columns={"title": "a", "price": "b"}, answers=ImportAnswers(units=1, no_category=True)
    )
    assert (report.created, report.ignored_columns) == (1, ["c"])


def test_a_file_of_pictures_alone_learns_what_it_lacks(db: None) -> None:
    with pytest.raises(InvalidInput) as refusal:
        bring(b"Handle,Image Src\ncup,https://x.test/a.jpg\n")
    assert "标题和价格" in str(refusal.value.remedy)


def test_a_shopify_file_of_stock_finds_variants_by_handle_and_sku(db: None) -> None:
    bring(text().encode())
    report = bring(
        b"Handle,Title,Option1 Value,Variant SKU,Variant Inventory Qty\n"
        b"hongcha,X,,HC-50,9\nlvcha,X,Default Title,LC-1,8\nlvcha,X,,NONE,8\n"
    )
    assert (report.updated, report.failed) == (2, 1)
    assert [offer[4] for offer in goods()] == [7, 9, 8]
