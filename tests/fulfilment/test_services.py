"""A paid order is split once, and every step said twice happens once."""

import pytest
from django.db import transaction

from fulfilment.models import Shipment, SupplierOrder
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from fulfilment.refund_reservations import services as refund_reservation_services
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.ids import new_id
from kernel.models import AuditEntry, Event
from tests.support.build import make_supplier
from tests.support.supplier_orders import ADDRESS, SHOP, make_supplier_order, two_suppliers

State = SupplierOrder.State
DEADLINES = {"supplier_order.receipt_due"}


def _events() -> list[str]:
    """Topics of the events for the domains above, without the deadlines of fulfilment itself."""
    topics = Event.objects.order_by("id").values_list("topic", flat=True)
    return [topic for topic in topics if topic not in DEADLINES]


def _ship(order: SupplierOrder, number: str = "SF1") -> Shipment:
    return supplier_order_services.ship(
        supplier_order_id=order.pk, carrier="SF", tracking_number=number, acting_user="test"
    )


def test_an_order_is_split_by_supplier_once(db: None) -> None:
    farm, mill = two_suppliers()
    order_id = new_id()
    drafts = [
        SupplierOrderDraft(farm.pk, 600, [DraftLine(new_id(), "A", {"en": "Apple"}, [], 3, 1_000)]),
        SupplierOrderDraft(mill.pk, 0, [DraftLine(new_id(), "B", {"en": "Bread"}, ["L"], 1, 2_500)]),
    ]

    def split() -> list[SupplierOrder]:
        return supplier_order_services.create_supplier_orders(
            tenant=SHOP,
            order_id=order_id,
            order_number="B1",
            shop_name="Alice's shop",
            ship_to=ADDRESS,
            currency="CNY",
            drafts=drafts,
        )

    first = split()
    assert {order.supplier_id: order.payable for order in first} == {farm.pk: 3_600, mill.pk: 2_500}
    assert len({order.number for order in first}) == 2
    assert {order.pk for order in split()} == {order.pk for order in first}
    assert SupplierOrder.objects.count() == 2


def test_splitting_outside_a_transaction_is_refused(own_database: str) -> None:
    with pytest.raises(RuntimeError):
        make_supplier_order(make_supplier())


def test_the_first_parcel_ships_the_order_and_emits_one_event(db: None) -> None:
    order = make_supplier_order(make_supplier())
    parcel = _ship(order)
    assert _ship(order).pk == parcel.pk
    with pytest.raises(Conflict) as caught:
        _ship(order, "SF2")  # nothing waits any more: there is no empty parcel
    assert caught.value.code == "nothing_waits"
    order.refresh_from_db()
    assert (order.state, order.shipped_at is not None) == (State.SHIPPED, True)
    assert _events() == ["supplier_order.shipped"]
    event = Event.objects.get(topic="supplier_order.shipped")
    assert event.schema == "t_alice"
    assert event.payload == {
        "supplier_order_id": str(order.pk),
        "order_id": str(order.order_id),
        "tenant_id": str(SHOP.id),
        "supplier_id": str(order.supplier_id),
    }
    assert AuditEntry.objects.filter(action="supplier_order.shipped").count() == 1


@pytest.mark.parametrize(("carrier", "number"), [("", "SF1"), ("SF", " "), ("SF", "9" * 61)])
def test_a_parcel_needs_carrier_and_number(db: None, carrier: str, number: str) -> None:
    order = make_supplier_order(make_supplier())
    with pytest.raises(InvalidInput):
        supplier_order_services.ship(
            supplier_order_id=order.pk, carrier=carrier, tracking_number=number, acting_user="test"
        )
    assert not Shipment.objects.exists()
    assert _events() == []


def test_receiving_needs_a_parcel_and_happens_once(db: None) -> None:
    order = make_supplier_order(make_supplier())
    with pytest.raises(Conflict):
        supplier_order_services.receive(supplier_order_id=order.pk, acting_user="test")
    _ship(order)
    supplier_order_services.receive(supplier_order_id=order.pk, acting_user="test")
    supplier_order_services.receive(supplier_order_id=order.pk, acting_user="test")
    assert _events() == ["supplier_order.shipped", "supplier_order.received"]


def test_cancelling_takes_what_was_not_sent(db: None) -> None:
    farm, mill = two_suppliers()
    sent, waiting = make_supplier_order(farm), make_supplier_order(mill)
    SupplierOrder.objects.filter(pk=waiting.pk).update(order_id=sent.order_id)
    _ship(sent)
    (line,) = waiting.lines.all()
    with transaction.atomic():
        assert refund_reservation_services.cancel_lines(order_id=sent.order_id) == {line.variant_id: 2}
        assert refund_reservation_services.cancel_lines(order_id=sent.order_id) == {}
    with pytest.raises(Conflict):
        _ship(waiting)
    assert _events() == ["supplier_order.shipped", "supplier_order.cancelled"]


def test_an_unknown_order_is_not_found(db: None) -> None:
    with pytest.raises(NotFound):
        supplier_order_services.receive(supplier_order_id=new_id(), acting_user="test")
