"""Packing slips as PDF."""

from tests.build import make_supplier
from tests.fulfilment.build import make_supplier_order, make_supplier_user, portal


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
