"""Packing slips as PDF."""

from fulfilment.orders import packing_slips
from fulfilment.orders import services as supplier_order_services
from tests.support.build import make_supplier
from tests.support.supplier_orders import make_supplier_order, make_supplier_user, portal


def test_a_slip_names_goods_and_address_and_no_price(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    client = portal(make_supplier_user(supplier))
    answer = client.get(f"/portal/orders/{order.pk}/slip.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert client.get("/portal/orders.pdf").content.startswith(b"%PDF-")
    other = portal(make_supplier_user(make_supplier("mill")))
    assert other.get(f"/portal/orders/{order.pk}/slip.pdf").status_code == 404


def test_the_slip_of_a_second_parcel_names_only_what_still_waits(db: None) -> None:
    order = make_supplier_order(make_supplier())
    line = order.lines.get()
    assert packing_slips.to_pack(order) == [(line, 2)]
    for number in ("SF1", "SF2"):
        supplier_order_services.ship(
            supplier_order_id=order.pk,
            carrier="SF",
            tracking_number=number,
            contents={line.pk: 1},
            acting_user="test",
        )
        assert packing_slips.to_pack(order) == [(line, 1 if number == "SF1" else 2)]
