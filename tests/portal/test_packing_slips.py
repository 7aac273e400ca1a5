"""Packing slips as PDF."""

import pytest

from fulfilment.orders import packing_slips
from fulfilment.orders import services as supplier_order_services
from tests.support.build import make_supplier
from tests.support.documents import fonts_of_pdf, text_of_pdf
from tests.support.supplier_orders import make_supplier_order, make_supplier_user, portal


@pytest.mark.slow
def test_a_slip_names_goods_and_address_and_no_price(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    client = portal(make_supplier_user(supplier))
    answer = client.get(f"/portal/orders/{order.pk}/slip.pdf")
    assert answer["Content-Type"] == "application/pdf"
    text = text_of_pdf(answer.content)
    assert "林晓" in text
    assert order.ship_to["phone"] in text
    assert "文三路 90 号" in text
    assert client.get("/portal/orders.pdf").content.startswith(b"%PDF-")
    other = portal(make_supplier_user(make_supplier("mill")))
    assert other.get(f"/portal/orders/{order.pk}/slip.pdf").status_code == 404


@pytest.mark.parametrize(
    ("name", "by_hand"), [("王䶮", ""), ("محمد", ""), ("สมชาย", ""), ("अमित", ""), ("王😀", "😀")]
)
@pytest.mark.slow
def test_a_name_is_drawn_or_the_screen_says_what_is_not(db: None, name: str, by_hand: str) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier, name=name)
    client = portal(make_supplier_user(supplier))
    slip = client.get(f"/portal/orders/{order.pk}/slip.pdf").content
    named, embedded = fonts_of_pdf(slip)
    assert named == embedded > 0
    assert ("〓" in text_of_pdf(slip)) == bool(by_hand)
    page = client.get(f"/portal/orders/{order.pk}/").content.decode()
    listed = client.get("/portal/").content.decode()
    assert ("〓" in page) == ("〓" in listed) == bool(by_hand)
    assert by_hand in page


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
