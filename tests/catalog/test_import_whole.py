"""A product is taken whole or not at all, and everything that a file holds is either in or named."""

import csv
import io
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.importing.answers import ImportAnswers
from catalog.importing.report import ImportReport
from catalog.importing.shopify.products import import_products
from catalog.importing.tables.delimited import CsvTable
from catalog.models import Price, Product, Stock, Variant
from tests.support.build import make_category, make_supplier

HEAD = [
    *("Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price"),
    *(
        "Variant Inventory Tracker",
        "Variant Inventory Policy",
        "Variant Inventory Qty",
        "Variant Requires Shipping",
    ),
]
ANSWERS = ImportAnswers(units=0, unshipped="voucher", no_category=True)


def line(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def bring(lines: list[str], **options: Any) -> ImportReport:
    data = "".join([line(*HEAD), *lines]).encode()
    options = {"currency": "CNY", "answers": ANSWERS, **options}
    return import_products(file=io.BytesIO(data), supplier=make_supplier(), **options)


def products(count: int, sizes: int) -> list[tuple[str, str, str]]:
    """Return (handle, size, line) of so many products with so many variants each."""
    return [
        (
            f"p{number}",
            f"s{size}",
            line(
                f"p{number}",
                *(("Product", "Size") if size == 0 else ("", "")),
                *(f"s{size}", f"SKU-{number}-{size}", "5.00", "shopify", "deny", "3", "TRUE"),
            ),
        )
        for number in range(count)
        for size in range(sizes)
    ]


def break_quotes(text: str, dice: Random) -> str:
    cells = text.split(",")
    cells[1] = '"5" wide"'
    return ",".join(cells)


def open_a_quote(text: str, dice: Random) -> str:
    cells = text.split(",")
    place = dice.randrange(1, len(cells))
    cells[place] = '"' + cells[place]
    return ",".join(cells)


def lose_the_handle(text: str, dice: Random) -> str:
    return "," + text.partition(",")[2]


def spoil_the_price(text: str, dice: Random) -> str:
    return text.replace("5.00", dice.choice(["five", "1,234", "-1", "5.001", "99999999999"]))


def spoil_the_stock(text: str, dice: Random) -> str:
    return text.replace(",3,", ",many,")


def add_a_cell(text: str, dice: Random) -> str:
    return text.rstrip("\n") + ",surplus\n"


def eat_the_code(text: str, dice: Random) -> str:
    cells = text.split(",")
    cells[4] = "6.90123E+12"
    return ",".join(cells)


DAMAGES = [
    break_quotes,
    open_a_quote,
    lose_the_handle,
    spoil_the_price,
    spoil_the_stock,
    add_a_cell,
    eat_the_code,
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), damages=st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=3))
@pytest.mark.slow
def test_whatever_is_broken_each_product_is_in_whole_or_named_whole(
    db: None, seed: int, damages: list[Any]
) -> None:
    dice = Random(seed)
    wares = products(count=5, sizes=dice.choice([1, 2, 3]))
    lines = [text for _handle, _size, text in wares]
    if lose_the_handle not in damages and damages.count(open_a_quote) < 2 and dice.random() < 0.5:
        # Sorted by anything else: rows of a product apart, its title anywhere. A row without a name may then
        # be anybody's, and two open marks may hide a third row: those are named by their lines alone.
        order = list(range(len(lines)))
        dice.shuffle(order)
        wares, lines = [wares[place] for place in order], [lines[place] for place in order]
    for damage in damages:
        place = dice.randrange(len(lines))
        lines[place] = damage(lines[place], dice)
    Product.objects.all().delete()
    report = bring(lines)
    stored = {(variant.product.handle, variant.options[0]) for variant in Variant.objects.all()}
    refused = {product.handle for product in report.refused}
    for handle in {handle for handle, _size, _line in wares}:
        sizes = {size for other, size, _line in wares if other == handle}
        sizes_in = {size for other, size in stored if other == handle}
        if not any(text.startswith(f"{handle},") for text in lines):
            # Nothing says its name any more: its row is named by its line.
            assert not sizes_in
            assert report.errors
            continue
        # Nothing in part: all of it, or none of it and its name in the report.
        assert sizes_in in (sizes, set()), (handle, sizes_in, "".join(lines))
        assert (handle in refused) == (not sizes_in), (handle, report.refused, "".join(lines))
    assert (report.failed > 0) == bool(report.errors)
    assert report.created == Product.objects.count()


def test_the_first_row_of_a_shirt_costs_the_shirt_and_not_what_stood_before_it(db: None) -> None:
    good = [text for _handle, _size, text in products(2, 3)]
    assert bring(good).created == 2
    broken = [*good[:3], break_quotes(good[3], Random(1)), *good[4:]]
    report = bring(broken)
    assert (report.created, report.updated, report.unchanged, report.failed) == (0, 0, 1, 1)
    assert [(product.handle, list(product.variants)) for product in report.refused] == [
        ("p1", ["第 5 行", "s1", "s2"])
    ]
    assert Variant.objects.filter(is_active=True).count() == 6


def test_a_quote_that_is_never_closed_ends_at_the_next_row() -> None:
    lines = ["a,b,c\n", '1,"2,3\n', "4,5,6\n", "7,8,9\n"]
    table = CsvTable(io.BytesIO("".join(lines).encode()))
    rows = list(table)
    assert [row.cells for row in rows if not row.fault] == [["4", "5", "6"], ["7", "8", "9"]]
    assert [(row.line, row.cells) for row in rows if row.fault] == [(2, ["1"])]


@pytest.mark.parametrize(
    ("cells", "units"),
    [
        (("", "continue", ""), None),
        (("", "deny", "0"), None),
        (("shopify", "continue", "0"), None),
        (("shopify", "continue", "-4"), None),
        (("shopify", "deny", "0"), 0),
        (("shopify", "deny", "-4"), 0),
        (("", "deny", "12"), 12),
        (("shopify", "continue", "12"), 12),
    ],
)
def test_what_is_not_counted_is_asked_and_not_sold_out(
    db: None, cells: tuple[str, str, str], units: int | None
) -> None:
    lines = [line("cup", "Cup", "", "", "C", "5.00", *cells, "TRUE")]
    report = bring(lines, answers=ImportAnswers(no_category=True))
    assert [question.key for question in report.questions] == (["stock"] if units is None else [])
    assert Product.objects.exists() == (units is not None)
    if units is None:
        assert bring(lines, answers=ImportAnswers(no_category=True, units=7)).created == 1
    assert Stock.objects.get().available == (7 if units is None else units)
    # The answer was for what was new: asked once, and the stock that has moved since stays.
    Stock.objects.update(available=2)
    assert bring(lines, answers=ImportAnswers()).questions == []
    assert Stock.objects.get().available == (2 if units is None else units)


@pytest.mark.parametrize(
    ("answer", "kind"), [("voucher", "voucher"), ("physical", "physical"), ("leave_out", None)]
)
def test_what_needs_no_shipping_is_asked_and_never_guessed(db: None, answer: str, kind: str | None) -> None:
    lines = [line("clip", "Clip", "", "", "C", "5.00", "shopify", "deny", "3", "FALSE")]
    (question,) = bring(lines, answers=ImportAnswers(no_category=True)).questions
    assert (question.key, question.count, list(question.handles)) == ("kind", 1, ["clip"])
    report = bring(lines, answers=ImportAnswers(no_category=True, unshipped=answer))
    assert [product.kind for product in Product.objects.all()] == ([kind] if kind else [])
    assert [product.handle for product in report.refused] == ([] if kind else ["clip"])


def test_a_category_is_asked_of_what_is_new(db: None) -> None:
    lines = [line("cup", "Cup", "", "", "C", "5.00", "shopify", "deny", "3", "TRUE")]
    assert [question.key for question in bring(lines, answers=ImportAnswers()).questions] == ["category"]
    assert bring(lines, answers=ImportAnswers(), category=make_category("food")).created == 1
    assert bring(lines, answers=ImportAnswers()).unchanged == 1


@pytest.mark.parametrize("price", ["0", "0.00", ""])
def test_what_has_no_price_is_not_for_sale_and_said(db: None, price: str) -> None:
    lines = [
        line("cup", "Cup", "Size", "S", "C-S", price, "shopify", "deny", "3", "TRUE"),
        line("cup", "", "", "M", "C-M", "5.00", "shopify", "deny", "3", "TRUE"),
    ]
    report = bring(lines)
    assert [(remark.line, remark.column) for remark in report.remarks] == [(2, "Variant Price")]
    assert (report.created, report.without_price, report.errors) == (1, 1, [])
    assert Variant.objects.get(is_active=True).sku == "C-M"
    assert Price.objects.get().variant.sku == "C-M"
    assert bring(lines).unchanged == 1
    priced = [lines[0].replace(f",{price},shopify", ",4.00,shopify"), lines[1]]
    bring(priced)
    assert Variant.objects.filter(is_active=True).count() == 2
    # And back again: what was priced and is no longer goes off sale.
    bring(lines)
    assert Variant.objects.get(is_active=True).sku == "C-M"
