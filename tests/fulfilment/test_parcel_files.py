"""Orders go out as a file and come back with tracking numbers: what is in which parcel is said or asked."""

import csv
import io
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from catalog.models import Supplier
from fulfilment.models import Shipment, SupplierOrder
from fulfilment.orders import selectors as supplier_order_selectors
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from fulfilment.parcel_files import services as parcel_file_services
from fulfilment.parcel_files import writing
from fulfilment.parcel_files.reading import ParcelReport
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.ids import new_id
from kernel.models import AuditEntry
from tests.support.build import make_supplier
from tests.support.supplier_orders import ADDRESS, SHOP, make_supplier_order, make_supplier_user, portal

HEAD = ["number", "order_line", "carrier", "tracking_number", "units"]


def order_of(supplier: Supplier, *units: int) -> SupplierOrder:
    """An order with a line for each number of units."""
    lines = [
        DraftLine(new_id(), f"S{n}", {"en": f"Thing {n}"}, [], count, 100) for n, count in enumerate(units)
    ]
    with transaction.atomic():
        (order,) = supplier_order_services.create_supplier_orders(
            tenant=SHOP, order_id=new_id(), order_number=new_id().hex[-8:], shop_name="Shop", ship_to=ADDRESS,
            currency="CNY", drafts=[SupplierOrderDraft(supplier.pk, 0, lines)],
        )  # fmt: skip
    return order


def csv_of(supplier: Supplier) -> list[list[str]]:
    text = "".join(writing.write_csv(supplier_order_selectors.to_ship(supplier)))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def take(supplier: Supplier, *rows: list[Any], encoding: str = "utf-8") -> ParcelReport:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file = io.BytesIO(text.getvalue().encode(encoding))
    return parcel_file_services.take_file(supplier=supplier, file=file, acting_user="test")


def figures(report: ParcelReport) -> tuple[int, int, int, int, int, int]:
    return (
        report.parcels, report.orders, report.corrected, report.known, report.empty, len(report.errors)
    )  # fmt: skip


def parcels_of(order: SupplierOrder) -> dict[str, list[int]]:
    """The units of each line, parcel by parcel."""
    lines = [str(line.pk) for line in order.lines.all()]
    return {
        parcel.tracking_number: [parcel.contents.get(line, 0) for line in lines]
        for parcel in order.shipments.all()
    }


@pytest.mark.parametrize(
    ("language", "encoding"), [("zh-hans", "gb18030"), ("zh-hans", "utf-8-sig"), ("en", "utf-8")]
)
def test_the_file_that_goes_out_comes_back_filled_in(db: None, language: str, encoding: str) -> None:
    supplier = make_supplier()
    first, second = make_supplier_order(supplier), make_supplier_order(supplier)
    with translation.override(language):
        rows = csv_of(supplier)
        assert [row[0] for row in rows[1:]] == [first.number, second.number]
        rows[1][2:4] = ["顺丰速运", "SF001"]
        assert figures(take(supplier, *rows, encoding=encoding)) == (1, 1, 0, 0, 1, 0)
    assert Shipment.objects.get().supplier_order_id == first.pk
    assert figures(take(supplier, *rows)) == (0, 0, 0, 1, 1, 0)
    assert Shipment.objects.count() == 1


def test_the_workbook_comes_back_filled_in(db: None) -> None:
    supplier = make_supplier()
    order = order_of(supplier, 2, 3)
    book = load_workbook(io.BytesIO(writing.write_workbook(supplier_order_selectors.to_ship(supplier))))
    sheet = book.worksheets[0]
    for row in (2, 3):
        sheet.cell(row, 3, "SF")
        assert sheet.cell(row, 4).number_format == "@"
        sheet.cell(row, 4, "0012345678901234567")
    filled = io.BytesIO()
    book.save(filled)
    filled.seek(0)
    report = parcel_file_services.take_file(supplier=supplier, file=filled, acting_user="test")
    assert figures(report) == (1, 1, 0, 0, 0, 0)
    assert parcels_of(order) == {"0012345678901234567": [2, 3]}


@given(
    st.dictionaries(
        st.sampled_from(["name", "phone", "region", "address"]),
        st.text(alphabet=st.sampled_from("=+-@'\t＝＋－＠ a1王,\""), min_size=1, max_size=6),
    )
)
@pytest.mark.slow
def test_no_cell_is_run_by_a_spreadsheet_or_refused_by_a_courier(fields: dict[str, str]) -> None:
    address = {**ADDRESS, **fields}
    row = {
        "number": "26-1", "order_line": "1", "carrier": "", "tracking_number": "", "units": "2",
        "sku": "=SKU", "goods": "@goods", "shop": "=shop", "placed": "2026-11-29 01:20", **address,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "_rows", lambda _orders: iter([dict(row)]))
        _head, cells = csv.reader(io.StringIO("".join(writing.write_csv([])).removeprefix("\ufeff")))
        book = load_workbook(io.BytesIO(writing.write_workbook([])))
    assert not any(cell.startswith(tuple("=+-@＝＋－＠'\t\r ")) for cell in cells)
    typed = list(book.worksheets[0][2])
    assert all(cell.data_type != "f" for cell in typed), "a formula"
    assert set(address.values()) <= {cell.value for cell in typed}, "as it was typed"


def test_a_phone_and_a_name_reach_the_courier_as_they_are_dialled_and_written(db: None) -> None:
    supplier = make_supplier()
    make_supplier_order(supplier, name="@阿强", phone="+81312345678", address="-1 层 3 号")
    with translation.override("en"):
        head, row = csv_of(supplier)
        cells = dict(zip(head, row, strict=True))
        book = load_workbook(io.BytesIO(writing.write_workbook(supplier_order_selectors.to_ship(supplier))))
    assert (cells["Name"], cells["Phone"]) == ("阿强", "0081312345678")
    assert cells["Address"] == "浙江省 杭州市 -1 层 3 号"
    typed = {cell.value for cell in book.worksheets[0][2]}
    assert {"@阿强", "+81312345678", "-1 层 3 号"} <= typed


def test_rows_of_one_number_are_one_parcel(db: None) -> None:
    supplier = make_supplier()
    order = order_of(supplier, 2, 1, 5)
    number = order.number
    report = take(
        supplier, HEAD,
        [number, 1, "SF", "A", ""], [number, 2, "SF", "A", ""],
        [number, 3, "SF", "A", 2], [number, 3, "SF", "B", 3],
    )  # fmt: skip
    assert figures(report) == (2, 1, 0, 0, 0, 0)
    assert parcels_of(order) == {"A": [2, 1, 2], "B": [0, 0, 3]}
    order.refresh_from_db()
    assert order.state == SupplierOrder.State.SHIPPED


def test_a_line_without_a_number_waits(db: None) -> None:
    supplier = make_supplier()
    order = order_of(supplier, 2, 1)
    report = take(supplier, HEAD, [order.number, 1, "SF", "A", ""], [order.number, 2, "", "", ""])
    assert figures(report) == (1, 1, 0, 0, 1, 0)
    order.refresh_from_db()
    assert (order.state, parcels_of(order)) == (SupplierOrder.State.TO_SHIP, {"A": [2, 0]})
    # The rest follows, in the parcel that is known or in one of its own.
    assert figures(take(supplier, HEAD, [order.number, 2, "SF", "A", 1])) == (0, 0, 1, 1, 0, 0)
    order.refresh_from_db()
    assert (order.state, parcels_of(order)) == (SupplierOrder.State.SHIPPED, {"A": [2, 1]})


@pytest.mark.parametrize(
    "rows",
    [
        [["", "SF", "A", ""], ["", "SF", "B", ""]],  # two parcels, and nothing says what is in which
        [["1", "SF", "A", ""], ["", "SF", "B", ""]],
        [["1", "SF", "A", ""], ["1", "SF", "B", ""]],  # a line in two parcels: how many in each?
        [["1", "SF", "A", "1"], ["1", "SF", "B", ""]],
        [["3", "SF", "A", ""]],  # there is no third line
        [["1", "SF", "A", "9"]],  # more than waits
        [["1", "SF", "A", "x"]],
        [["0", "SF", "A", ""]],
        [["1", "SF", "A", "2"], ["1", "SF", "B", "1"]],
        [["1", "", "A", ""]],
        [["1", "SF", "", ""]],
        [["1", "SF", "6.90123E+12", ""]],
        [["1", "SF", "9,20239E+25", ""]],
    ],
)
def test_what_is_not_clear_is_asked(db: None, rows: list[list[str]]) -> None:
    supplier = make_supplier()
    order = order_of(supplier, 2, 1)
    report = take(supplier, HEAD, *([order.number, *row] for row in rows))
    assert report.errors
    assert all(error.message and error.remedy for error in report.errors)
    assert all(parcel.contents for parcel in order.shipments.all()), "an empty parcel"
    assert sum(sum(units) for units in parcels_of(order).values()) <= 2


def test_a_row_with_half_a_number_is_named_and_is_no_parcel(db: None) -> None:
    supplier = make_supplier()
    order = order_of(supplier, 2, 1)
    report = take(supplier, HEAD, [order.number, "", "SF", "A", ""], [order.number, "", "SF", "", ""])
    assert figures(report) == (1, 1, 0, 0, 0, 1)
    assert parcels_of(order) == {"A": [2, 1]}


def test_a_corrected_number_replaces_the_old_one(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    take(supplier, HEAD[:1] + HEAD[2:4], [order.number, "SF", "WRONG"])
    assert figures(take(supplier, HEAD[:1] + HEAD[2:4], [order.number, "SF", "RIGHT"])) == (0, 0, 1, 0, 0, 0)
    assert parcels_of(order) == {"RIGHT": [2]}
    entry = AuditEntry.objects.get(action="supplier_order.parcel_corrected")
    assert entry.changes["from"]["tracking_number"] == "WRONG"
    assert figures(take(supplier, HEAD[:1] + HEAD[2:4], [order.number, "SF", "RIGHT"])) == (0, 0, 0, 1, 0, 0)


def test_a_correction_by_lines_finds_its_parcel_or_is_asked(db: None) -> None:
    supplier = make_supplier()
    order = order_of(supplier, 2, 1)
    number = order.number
    take(supplier, HEAD, [number, 1, "SF", "A", ""], [number, 2, "SF", "B", ""])
    assert figures(take(supplier, HEAD, [number, 2, "SF", "B2", 1])) == (0, 0, 1, 0, 0, 0)
    assert parcels_of(order) == {"A": [2, 0], "B2": [0, 1]}
    report = take(supplier, HEAD, [number, "", "SF", "C", ""])
    assert figures(report) == (0, 0, 0, 0, 0, 1)
    assert parcels_of(order) == {"A": [2, 0], "B2": [0, 1]}


@given(st.data())
@pytest.mark.slow
def test_no_file_sends_a_unit_twice_or_an_empty_parcel(own_database: str, data: st.DataObject) -> None:
    supplier = make_supplier(f"s{new_id().hex[-10:]}")
    units = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    order = order_of(supplier, *units)
    for _upload in range(data.draw(st.integers(1, 3))):
        rows = data.draw(
            st.lists(
                st.tuples(
                    st.just(order.number),
                    st.sampled_from(["", *map(str, range(1, len(units) + 2))]),
                    st.just("SF"),
                    st.sampled_from(["", "A", "B", "C"]),
                    st.sampled_from(["", "1", "2", "3"]),
                ).map(list),
                max_size=5,
            )
        )
        report = take(supplier, HEAD, *rows)
        assert len(report.errors) + report.empty <= len(rows)
    contents = parcels_of(order).values()
    assert all(any(row) for row in contents)
    shipped = [line.shipped for line in order.lines.all()]
    assert shipped == [sum(row[n] for row in contents) for n in range(len(units))]
    assert all(sent <= count for sent, count in zip(shipped, units, strict=True))


def test_each_row_is_taken_or_named(db: None) -> None:
    supplier, other = make_supplier(), make_supplier("mill")
    good, cancelled, short, bare = (make_supplier_order(supplier) for _number in range(4))
    theirs = make_supplier_order(other)
    SupplierOrder.objects.filter(pk=cancelled.pk).update(state=SupplierOrder.State.CANCELLED)
    report = take(
        supplier,
        ["tracking_number", "number", "carrier"],
        ["1", "NO-SUCH", "SF"],
        ["2", theirs.number, "SF"],
        ["3", cancelled.number, "SF"],
        ["7.31E+14", short.number, "SF"],
        ["5", bare.number, ""],
        ["", "", "SF"],
        ["6", good.number, "SF"],
    )
    assert (report.parcels, report.orders) == (1, 1)
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
    report = parcel_file_services.take_file(
        supplier=supplier, file=io.BytesIO(text.encode()), acting_user="test"
    )
    assert (report.parcels, [error.line for error in report.errors]) == (1, [3])


@pytest.mark.parametrize("data", [b"", b"number,carrier\nA,B\n", "编号\n1\n".encode("utf-16")])
def test_a_file_of_another_kind_is_refused_whole(db: None, data: bytes) -> None:
    with pytest.raises(InvalidInput):
        parcel_file_services.take_file(supplier=make_supplier(), file=io.BytesIO(data), acting_user="test")


def test_a_number_is_corrected_on_the_page_of_the_order(db: None) -> None:
    supplier = make_supplier()
    order, theirs = make_supplier_order(supplier), make_supplier_order(make_supplier("mill"))
    client = portal(make_supplier_user(supplier))
    assert (
        client.post(f"/portal/orders/{order.pk}/ship/", {"carrier": "SF", "tracking_number": "1"}).status_code
        == 302
    )
    parcel = order.shipments.get()
    path = f"/portal/orders/{order.pk}/parcels/{parcel.pk}/"
    assert path in client.get(f"/portal/orders/{order.pk}/").content.decode()
    fields = {f"{parcel.pk}-carrier": "SF", f"{parcel.pk}-tracking_number": "2"}
    assert client.post(path, fields).status_code == 302
    assert parcels_of(order) == {"2": [2]}
    assert client.post(path, {**fields, f"{parcel.pk}-tracking_number": ""}).status_code == 422
    assert client.post(f"/portal/orders/{theirs.pk}/parcels/{parcel.pk}/", fields).status_code == 404
    # Nothing waits any more: a second parcel would be empty.
    again = client.post(f"/portal/orders/{order.pk}/ship/", {"carrier": "SF", "tracking_number": "3"})
    assert again.status_code in {409, 422}
    assert parcels_of(order) == {"2": [2]}


def test_two_parcels_of_an_order_have_two_numbers(db: None) -> None:
    order = order_of(make_supplier(), 1, 1)
    first, second = order.lines.all()
    for line, number in ((first, "A"), (second, "B")):
        supplier_order_services.ship(
            supplier_order_id=order.pk, carrier="SF", tracking_number=number, contents={line.pk: 1},
            acting_user="test",
        )  # fmt: skip
    parcel = order.shipments.get(tracking_number="B")
    with pytest.raises(Conflict):
        supplier_order_services.correct_parcel(
            shipment_id=parcel.pk, carrier="SF", tracking_number="A", acting_user="test"
        )
    with pytest.raises(NotFound):
        supplier_order_services.correct_parcel(
            shipment_id=new_id(), carrier="SF", tracking_number="C", acting_user="test"
        )
