"""Vouchers: issued when paid, redeemed by their own merchant, never twice, given back when time is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from time_machine import travel

from catalog.models import Product, Supplier
from fulfilment.models import Redemption, SupplierOrder, Voucher
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from fulfilment.refund_reservations import services as refund_reservation_services
from fulfilment.vouchers import access as voucher_access
from fulfilment.vouchers import services as voucher_services
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.events import outbox
from kernel.ids import new_id
from kernel.models import Event
from tests.support.build import make_product, make_supplier
from tests.support.refused import refused_by
from tests.support.supplier_orders import ADDRESS, SHOP, make_supplier_user, portal

State = SupplierOrder.State
TERMS = {"valid_days": 30, "uses": 3, "refund_on_expiry": True}


def _sell(supplier: Supplier, quantity: int = 1, **terms: object) -> SupplierOrder:
    """An order of massages in threes, and of a towel that is sent by post."""
    product = make_product(supplier, kind=Product.Kind.VOUCHER, voucher=TERMS | terms)
    (variant,) = product.variants.all()
    massage = DraftLine(variant.pk, "M", {"en": "Massage"}, [], quantity, 9_000, kind=Product.Kind.VOUCHER)
    towel = DraftLine(new_id(), "T", {"en": "Towel"}, [], 1, 1_000)
    with transaction.atomic():
        orders = supplier_order_services.create_supplier_orders(
            tenant=SHOP,
            order_id=new_id(),
            order_number=new_id().hex[-8:],
            shop_name="Alice's shop",
            ship_to=ADDRESS,
            currency="CNY",
            drafts=[SupplierOrderDraft(supplier.pk, 600, [massage, towel])],
        )
    return next(order for order in orders if order.delivery == SupplierOrder.Delivery.VOUCHER)


def _redeem(voucher: Voucher, uses: int = 1, key: str = "") -> Redemption:
    return voucher_services.redeem(
        supplier=voucher.supplier,
        code=voucher.spaced.lower(),
        uses=uses,
        idempotency_key=key or str(new_id()),
        acting_user="counter",
    )


def _lapsed() -> list[dict[str, object]]:
    events = Event.objects.filter(topic="supplier_order.vouchers_lapsed").order_by("id")
    return [{key: event.payload[key] for key in ("uses", "before", "of")} for event in events]


def test_parcels_and_vouchers_are_two_orders_and_freight_goes_with_the_parcel(db: None) -> None:
    order = _sell(make_supplier(), quantity=2)
    parcel = SupplierOrder.objects.exclude(pk=order.pk).get()
    assert (order.state, order.payable, order.ship_to) == (State.SHIPPED, 18_000, {})
    assert (parcel.state, parcel.payable) == (State.TO_SHIP, 1_600)
    assert [voucher.uses for voucher in Voucher.objects.all()] == [3, 3]
    assert len({voucher.code for voucher in Voucher.objects.all()}) == 2


def test_a_voucher_is_redeemed_in_parts_and_no_further(own_database: str) -> None:
    _sell(make_supplier())
    voucher = Voucher.objects.get()
    first = _redeem(voucher, key="one")
    assert _redeem(voucher, key="one").pk == first.pk
    _redeem(voucher, 2)
    with pytest.raises(Conflict) as caught:
        _redeem(voucher)
    assert caught.value.code == "used_up"
    voucher.refresh_from_db()
    assert (voucher.redeemed, voucher.left) == (3, 0)
    with refused_by("voucher_uses_bounded"):
        Voucher.objects.update(lapsed=1)


def test_eight_counters_at_once_redeem_what_there_is(own_database: str) -> None:
    _sell(make_supplier())
    voucher = Voucher.objects.get()

    def scan(_number: int) -> bool:
        try:
            _redeem(voucher)
        except Conflict:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as counters:
        assert sum(counters.map(scan, range(8))) == 3


def test_another_merchants_voucher_is_unknown(db: None) -> None:
    _sell(make_supplier())
    voucher = Voucher.objects.get()
    with pytest.raises(NotFound):
        voucher_access.voucher_of(supplier=make_supplier("mill"), code=voucher.code)
    client = portal(make_supplier_user(make_supplier("inn")))
    assert client.get("/portal/vouchers/", {"code": voucher.code}).status_code == 422
    assert "Massage" not in client.get("/portal/vouchers/offline.csv").content.decode()


def test_a_slip_of_the_finger_is_taken_back_for_ten_minutes(own_database: str) -> None:
    order = _sell(make_supplier())
    voucher = Voucher.objects.get()
    redemption = _redeem(voucher, 3)
    voucher_services.undo_redemption(
        supplier=voucher.supplier, redemption_id=redemption.pk, acting_user="counter"
    )
    voucher_services.undo_redemption(
        supplier=voucher.supplier, redemption_id=redemption.pk, acting_user="counter"
    )
    voucher.refresh_from_db()
    assert voucher.left == 3
    again = _redeem(voucher, 3)
    with travel(clock.now() + timedelta(minutes=11), tick=False):
        with pytest.raises(Conflict):
            voucher_services.undo_redemption(
                supplier=voucher.supplier, redemption_id=again.pk, acting_user="counter"
            )
        outbox.relay()
    order.refresh_from_db()
    assert order.state == State.RECEIVED
    with refused_by("kernel.append_only"):
        Redemption.objects.all().delete()


def test_what_is_left_when_time_is_over_goes_back(own_database: str) -> None:
    order = _sell(make_supplier(), quantity=2)
    used, unused = Voucher.objects.order_by("position")
    _redeem(used)
    with travel(unused.expires_at + timedelta(minutes=1), tick=False):
        with pytest.raises(Conflict) as caught:
            _redeem(unused)
        assert caught.value.code == "expired"
        outbox.relay()
        outbox.relay()
    assert _lapsed() == [{"uses": 5, "before": 0, "of": 6}]
    order.refresh_from_db()
    assert order.state == State.RECEIVED


def test_a_product_may_say_that_unused_vouchers_lapse(own_database: str) -> None:
    order = _sell(make_supplier(), refund_on_expiry=False)
    with travel(clock.now() + timedelta(days=31), tick=False):
        outbox.relay()
    assert (_lapsed(), Voucher.objects.get().lapsed) == ([], 3)
    order.refresh_from_db()
    assert order.state == State.RECEIVED


def test_a_refund_makes_vouchers_worthless(db: None) -> None:
    order = _sell(make_supplier(), quantity=2)
    (line,) = order.lines.all()
    with transaction.atomic():
        assert refund_reservation_services.cancel_lines(
            order_id=order.order_id, quantities={line.variant_id: 1}
        ) == {line.variant_id: 1}
        assert sum(voucher.left for voucher in Voucher.objects.all()) == 3
        refund_reservation_services.cancel_lines(order_id=order.order_id)
    assert sum(voucher.left for voucher in Voucher.objects.all()) == 0
    order.refresh_from_db()
    assert order.state == State.CANCELLED


def test_the_counter_in_the_portal(own_database: str) -> None:
    supplier = make_supplier()
    _sell(supplier)
    voucher = Voucher.objects.get()
    client = portal(make_supplier_user(supplier))
    page = client.get("/portal/vouchers/", {"code": voucher.spaced})
    assert "Massage" in page.content.decode()
    key = page.context["redeem_key"]
    for _click in range(2):
        client.post("/portal/vouchers/redeem/", {"code": voucher.code, "uses": "2", "key": key})
    voucher.refresh_from_db()
    assert voucher.redeemed == 2
    listed = client.get("/portal/vouchers/offline.csv").content.decode()
    assert voucher.masked in listed
    assert voucher.code not in listed.replace(" ", "")
    form = client.get("/portal/vouchers/").context["offline"]
    codes = {"codes": f"{voucher.code}\nNONSENSE\n", "key": form["key"].value()}
    for _click in range(2):
        answer = client.post("/portal/vouchers/offline/", codes).content.decode()
        assert "✓ Massage" in answer
        assert "None of your vouchers has this code" in answer
    voucher.refresh_from_db()
    assert voucher.redeemed == 3


def test_the_counter_shows_what_was_taken_back_and_offers_it_no_more(own_database: str) -> None:
    supplier = make_supplier()
    _sell(supplier)
    redemption = _redeem(Voucher.objects.get(), 2)
    client = portal(make_supplier_user(supplier))
    undo = f"/portal/vouchers/redemptions/{redemption.pk}/undo/"
    assert undo in client.get("/portal/vouchers/").content.decode()
    client.post(undo)
    page = client.get("/portal/vouchers/").content.decode()
    assert undo not in page
    assert "Taken back" in page
    assert "-2×" not in page


def test_a_voucher_whose_money_went_back_is_refused_for_that_reason(own_database: str) -> None:
    order = _sell(make_supplier())
    with transaction.atomic():
        refund_reservation_services.cancel_lines(order_id=order.order_id)
    with pytest.raises(Conflict) as caught:
        _redeem(Voucher.objects.get())
    assert caught.value.code == "refunded"


def test_days_and_stops_are_those_of_the_merchants_country(own_database: str) -> None:
    supplier = make_supplier()
    with travel("2026-11-28T17:00:00Z", tick=False):  # the 29th in China already
        _sell(supplier)
        voucher = Voucher.objects.get()
        person = make_supplier_user(supplier)
        client = portal(person)
        assert "2026-12-29" in client.get("/portal/vouchers/offline.csv").content.decode()
    with travel("2026-12-29T16:00:00Z", tick=False), pytest.raises(Conflict, match="2026-12-29"):
        _redeem(voucher)
    client.force_login(person, backend="accounts.backends.RoleBackend")
    client.cookies["lang"] = "zh-hans"
    page = client.get("/portal/vouchers/", {"code": "NONSENSE"}).content.decode()
    assert "您的到店券中没有这个券码。请重新扫码，或逐个字母核对。" in page
