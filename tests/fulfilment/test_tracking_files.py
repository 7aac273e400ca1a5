"""Orders go out as CSV and come back with tracking numbers, line by line."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from catalog.models import Supplier
from fulfilment.models import Shipment, SupplierOrder
from fulfilment.orders import selectors as supplier_order_selectors
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders import tracking_files
from fulfilment.orders.tracking_files import TrackingReport
from kernel.errors import InvalidInput
from tests.support.build import make_supplier
from tests.support.supplier_orders import make_supplier_order


def _out(supplier: Supplier) -> list[list[str]]:
    text = "".join(tracking_files.write_orders(supplier_order_selectors.to_ship(supplier)))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def _in(supplier: Supplier, rows: list[list[Any]], encoding: str = "utf-8") -> TrackingReport:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file = io.BytesIO(text.getvalue().encode(encoding))
    return supplier_order_services.ship_from_csv(supplier=supplier, file=file, acting_user="test")


@pytest.mark.parametrize(
    ("language", "encoding"), [("zh-hans", "gb18030"), ("zh-hans", "utf-8-sig"), ("en", "utf-8")]
)
def test_the_file_that_goes_out_comes_back_filled_in(db: None, language: str, encoding: str) -> None:
    supplier = make_supplier()
    first, second = make_supplier_order(supplier), make_supplier_order(supplier)
    with translation.override(language):
        rows = _out(supplier)
        assert [row[0] for row in rows[1:]] == [first.number, second.number]
        rows[1][1:3] = ["顺丰速运", "SF001"]
        report = _in(supplier, rows, encoding)
    assert (report.shipped, report.already, report.empty, report.errors) == (1, 0, 1, [])
    assert Shipment.objects.get().supplier_order_id == first.pk
    assert _in(supplier, rows, encoding).already == 1
    assert Shipment.objects.count() == 1


def test_the_file_shows_the_clock_of_the_warehouse_as_the_pages_do(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    SupplierOrder.objects.filter(pk=order.pk).update(created_at=datetime(2026, 11, 28, 17, 20, tzinfo=UTC))
    assert _out(supplier)[1][-1] == "2026-11-29 01:20"


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(db: None) -> None:
    supplier = make_supplier()
    make_supplier_order(supplier, name="=cmd|' /C calc'!A0", phone="+86 138", region="@SUM(1)", address="-1")
    with translation.override("en"):
        header, row = _out(supplier)
    cells = dict(zip(header, row, strict=True))
    for key in ("Goods", "Name", "Phone", "Region", "Address"):
        assert cells[key].startswith("'"), key


def test_each_line_is_taken_or_named(db: None) -> None:
    supplier, other = make_supplier(), make_supplier("mill")
    good, cancelled, short, bare = (make_supplier_order(supplier) for _number in range(4))
    theirs = make_supplier_order(other)
    SupplierOrder.objects.filter(pk=cancelled.pk).update(state=SupplierOrder.State.CANCELLED)
    report = _in(
        supplier,
        [
            ["tracking_number", "number", "carrier"],
            ["1", "NO-SUCH", "SF"],
            ["2", theirs.number, "SF"],
            ["3", cancelled.number, "SF"],
            ["7.31E+14", short.number, "SF"],
            ["5", bare.number, ""],
            ["", "", "SF"],
            ["6", good.number, "SF"],
        ],
    )
    assert report.shipped == 1
    assert [(error.line, error.number) for error in report.errors] == [
        (2, "NO-SUCH"),
        (3, theirs.number),
        (4, cancelled.number),
        (5, short.number),
        (6, bare.number),
        (7, ""),
    ]
    assert all(error.message for error in report.errors)
    # What belongs to another supplier looks exactly like what does not exist.
    assert report.errors[0].message == report.errors[1].message
    assert list(Shipment.objects.values_list("supplier_order_id", flat=True)) == [good.pk]


def test_a_row_with_a_broken_quotation_mark_is_named(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    text = f'number,carrier,tracking_number\n{order.number},SF,1\n{order.number},"SF" x,2\n'
    report = supplier_order_services.ship_from_csv(
        supplier=supplier, file=io.BytesIO(text.encode()), acting_user="test"
    )
    assert (report.shipped, [error.line for error in report.errors]) == (1, [3])


@pytest.mark.parametrize("data", [b"", b"number,carrier\nA,B\n", "编号\n1\n".encode("utf-16")])
def test_a_file_of_another_kind_is_refused_whole(db: None, data: bytes) -> None:
    with pytest.raises(InvalidInput):
        supplier_order_services.ship_from_csv(
            supplier=make_supplier(), file=io.BytesIO(data), acting_user="test"
        )
