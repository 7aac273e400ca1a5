"""Several parcels, goods that are out of stock, and goods nobody says they received."""

from datetime import timedelta

import pytest
from django.db import transaction
from time_machine import travel

from fulfilment.models import SupplierOrder, SupplierOrderLine
from fulfilment.orders import services as supplier_order_services
from fulfilment.refund_reservations import services as refund_reservation_services
from kernel import clock
from kernel.errors import InvalidInput
from kernel.events import outbox
from kernel.models import Event
from tests.support.build import make_supplier
from tests.support.questions import press_and_confirm
from tests.support.refused import refused_by
from tests.support.supplier_orders import make_supplier_order, make_supplier_user, portal

State = SupplierOrder.State


def _line(order: SupplierOrder) -> SupplierOrderLine:
    return order.lines.get()


def _payloads(topic: str) -> list[dict[str, object]]:
    return [event.payload for event in Event.objects.filter(topic=topic).order_by("id")]


def _ship(order: SupplierOrder, number: str, units: int) -> None:
    supplier_order_services.ship(
        supplier_order_id=order.pk,
        carrier="SF",
        tracking_number=number,
        contents={_line(order).pk: units},
        acting_user="test",
    )


def test_an_order_is_on_its_way_when_its_last_unit_is(db: None) -> None:
    order = make_supplier_order(make_supplier())
    _ship(order, "SF1", 1)
    order.refresh_from_db()
    assert (order.state, _payloads("supplier_order.shipped")) == (State.TO_SHIP, [])
    _ship(order, "SF1", 1)  # the same parcel again
    assert _line(order).waiting == 1
    _ship(order, "SF2", 1)
    order.refresh_from_db()
    assert order.state == State.SHIPPED
    assert len(_payloads("supplier_order.shipped")) == 1
    assert [parcel.contents for parcel in order.shipments.all()] == [{str(_line(order).pk): 1}] * 2


def test_no_unit_is_sent_twice(db: None) -> None:
    order = make_supplier_order(make_supplier())
    with pytest.raises(InvalidInput) as caught:
        _ship(order, "SF1", 3)
    assert (caught.value.field, caught.value.value) == ("contents", 3)
    with refused_by("supplier_line_bounded"), transaction.atomic():
        SupplierOrderLine.objects.update(shipped=2, cancelled=1)
    assert _line(order).shipped == 0


def test_what_is_out_of_stock_goes_back_and_the_rest_is_sent(db: None) -> None:
    order = make_supplier_order(make_supplier())
    line = _line(order)
    supplier_order_services.report_out_of_stock(
        supplier_order_id=order.pk, lines={line.pk: 1}, acting_user="test"
    )
    (payload,) = _payloads("supplier_order.out_of_stock")
    assert payload["lines"] == [[str(line.variant_id), 1]]
    with pytest.raises(InvalidInput):
        supplier_order_services.report_out_of_stock(
            supplier_order_id=order.pk, lines={line.pk: 2}, acting_user="test"
        )
    with transaction.atomic():  # the refund of that unit has nothing left to stop
        assert (
            refund_reservation_services.cancel_lines(order_id=order.order_id, quantities={line.variant_id: 0})
            == {}
        )
    _ship(order, "SF1", 1)
    order.refresh_from_db()
    assert order.state == State.SHIPPED


def test_an_order_of_which_nothing_is_left_is_cancelled(db: None) -> None:
    order = make_supplier_order(make_supplier())
    supplier_order_services.report_out_of_stock(
        supplier_order_id=order.pk, lines={_line(order).pk: 2}, acting_user="test"
    )
    order.refresh_from_db()
    assert order.state == State.CANCELLED
    assert len(_payloads("supplier_order.cancelled")) == 1


def test_goods_nobody_speaks_of_count_as_received_after_some_days(own_database: str) -> None:
    with transaction.atomic():
        order = make_supplier_order(make_supplier())
    supplier_order_services.ship(
        supplier_order_id=order.pk, carrier="SF", tracking_number="1", acting_user="test"
    )
    with travel(clock.now() + timedelta(days=9), tick=False):
        outbox.relay()
        order.refresh_from_db()
        assert order.state == State.SHIPPED
    with travel(clock.now() + timedelta(days=10, seconds=5), tick=False):
        outbox.relay()
        order.refresh_from_db()
        assert order.state == State.RECEIVED


def test_a_supplier_packs_two_parcels_in_the_portal(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    client = portal(make_supplier_user(supplier))
    field = f"line-{_line(order).pk}"
    page = client.get(f"/portal/orders/{order.pk}/")
    assert field in page.content.decode()
    parcel = {"carrier": "SF", "tracking_number": "SF1", field: "1"}
    assert client.post(f"/portal/orders/{order.pk}/ship/", parcel).status_code == 302
    assert _line(order).waiting == 1
    answer = client.post(f"/portal/orders/{order.pk}/out-of-stock/", {field: "2"}, follow=True)
    assert "less than or equal to 1" in answer.content.decode()
    press_and_confirm(client, f"/portal/orders/{order.pk}/out-of-stock/", {field: "1"})
    assert (_line(order).shipped, _line(order).cancelled) == (1, 1)


def test_another_suppliers_order_is_unknown(db: None) -> None:
    order = make_supplier_order(make_supplier())
    client = portal(make_supplier_user(make_supplier("mill")))
    answer = client.post(f"/portal/orders/{order.pk}/out-of-stock/", {f"line-{_line(order).pk}": "1"})
    assert answer.status_code == 404
    assert _line(order).cancelled == 0


def test_the_portal_says_what_is_left_of_a_payable_once_units_will_not_be_sent(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    client = portal(make_supplier_user(supplier))
    assert "CN¥106.00" in client.get("/portal/").content.decode()
    line = f"line-{_line(order).pk}"
    press_and_confirm(client, f"/portal/orders/{order.pk}/out-of-stock/", {line: "1"})
    for page in ("/portal/", f"/portal/orders/{order.pk}/"):
        text = client.get(page).content.decode()
        assert "CN¥56.00" in text
        assert "CN¥106.00" not in text
    with transaction.atomic():
        refund_reservation_services.cancel_lines(order_id=order.order_id)
    assert "CN¥0.00" in client.get(f"/portal/orders/{order.pk}/").content.decode()
