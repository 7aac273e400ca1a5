"""Orders of partners: paid from the prepaid balance or not placed at all."""

from unittest import mock

import pytest

from billing.ledger import selectors as ledger_selectors
from catalog.models import Price, Product, Stock
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel.tenancy import in_public, in_tenant
from tenants.shop.orders.models import Order
from tests.supply_api.conftest import ADDRESS, Partner, make_key, top_up
from tests.supply_api.test_keys import problem
from tests.support.build import make_tenant, make_user


def balance(partner: Partner) -> int:
    """What the API says is left."""
    return int(partner.get("balance").json()["available"])


def available(product: Product) -> int:
    """Units that can be sold."""
    return Stock.objects.get(variant__product=product).available


def nothing_happened(partner: Partner, left: int = 100_000) -> None:
    """Assert that no order, no supplier order, no reservation and no posting is left behind."""
    with in_tenant(partner.tenant):
        assert not Order.objects.exists()
    assert not SupplierOrder.objects.exists()
    assert (available(partner.tea), available(partner.lamp)) == (10, 5)
    assert balance(partner) == left


def test_a_partner_pays_cost_freight_and_fee(partner: Partner) -> None:
    answer = partner.order((partner.tea, 2, 5_000), (partner.lamp, 1, 15_000))
    assert answer.status_code == 201, answer.content
    order = answer.json()
    assert order["goods"] == 2 * 5_000 + 15_000
    assert order["freight"] == 600 + 900
    assert order["fee"] == 250
    assert order["total"] == 25_000 + 1_500 + 250
    assert order["state"] == "paid"
    assert answer["Location"] == f"/api/v1/orders/{order['number']}"
    assert sorted(supplier_order["freight"] for supplier_order in order["supplier_orders"]) == [600, 900]
    assert {supplier_order["state"] for supplier_order in order["supplier_orders"]} == {"to_ship"}
    assert balance(partner) == 100_000 - order["total"]
    assert (available(partner.tea), available(partner.lamp)) == (8, 4)
    with in_public():
        assert set(ledger_selectors.sum_by_currency().values()) == {0}
        assert SupplierOrder.objects.count() == 2


def test_the_same_key_places_one_order(partner: Partner) -> None:
    first = partner.order((partner.tea, 1, 5_000), key="once")
    again = partner.order((partner.tea, 1, 5_000), key="once")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert available(partner.tea) == 9
    problem(partner.order((partner.tea, 2, 5_000), key="once"), 409, "idempotency_conflict")
    assert available(partner.tea) == 9


def test_without_a_key_of_its_own_no_order_is_placed(partner: Partner) -> None:
    content = {
        "lines": [{"variant_id": str(partner.tea.variants.get().pk), "quantity": 1, "expected_cost": 5_000}]
    }
    for key in ("", "x" * 101, "two words"):
        body = problem(partner.call("POST", "orders", content, idempotency_key=key), 422, "invalid")
        assert body["field"] == "Idempotency-Key"
    nothing_happened(partner)


def test_too_little_money_says_how_much_is_missing_and_reserves_nothing(partner: Partner) -> None:
    lamps = partner.order((partner.lamp, 5, 15_000), (partner.tea, 10, 5_000))
    total = 5 * 15_000 + 10 * 5_000 + 900 + 600 + 1_250
    body = problem(lamps, 402, "insufficient_balance")
    assert body["missing"] == total - 100_000
    nothing_happened(partner)
    top_up(partner.tenant, body["missing"])
    assert partner.order((partner.lamp, 5, 15_000), (partner.tea, 10, 5_000)).status_code == 201
    assert balance(partner) == 0


def test_sold_out_is_a_409_and_nothing_happens(partner: Partner) -> None:
    top_up(partner.tenant, 1_000_000)
    answer = partner.order((partner.tea, 1, 5_000), (partner.lamp, 6, 15_000))
    assert answer.status_code == 409
    assert answer.json()["code"] in {"out_of_stock", "not_available"}
    nothing_happened(partner, left=1_100_000)


def test_a_cost_that_moved_is_a_409_that_names_the_new_one(partner: Partner) -> None:
    Price.objects.filter(variant__product=partner.tea).update(cost=5_500, minimum=5_500)
    body = problem(partner.order((partner.tea, 1, 5_000)), 409, "cost_changed")
    assert body["cost"] == 5_500
    assert body["variant_id"] == str(partner.tea.variants.get().pk)
    assert partner.order((partner.tea, 1, 5_500)).status_code == 201


def test_every_fault_of_the_body_is_named(partner: Partner) -> None:
    content = {
        "reference": 7,
        "colour": "red",
        "ship_to": {**ADDRESS, "name": "", "floor": "3"},
        "lines": [{"variant_id": "x", "quantity": 0, "expected_cost": "5000"}],
    }
    answer = partner.call("POST", "orders", content, idempotency_key="faults")
    fields = {fault["field"] for fault in problem(answer, 422, "invalid")["faults"]}
    assert fields == {"colour"}
    content.pop("colour")
    answer = partner.call("POST", "orders", content, idempotency_key="faults")
    fields = {fault["field"] for fault in problem(answer, 422, "invalid")["faults"]}
    assert fields >= {"reference", "lines.0.variant_id", "lines.0.quantity", "lines.0.expected_cost"}
    for reference in ("x" * 81, "\x00", "\ud800"):
        content["reference"] = reference
        answer = partner.call("POST", "orders", content, idempotency_key="faults")
        assert "reference" in {fault["field"] for fault in problem(answer, 422, "invalid")["faults"]}
    nothing_happened(partner)


@pytest.mark.parametrize(
    ("region", "remedy"),
    [("朝阳区", "110105"), ("浙江省杭州市", "西湖区"), ("Mars", "GB/T"), ("上海市黄浦区南京东路", "GB/T")],
)
def test_a_region_that_is_not_clear_is_asked(partner: Partner, region: str, remedy: str) -> None:
    address = {**ADDRESS, "region": region}
    body = problem(partner.order((partner.tea, 1, 5_000), ship_to=address), 422, "invalid")
    assert body["field"] == "ship_to.region"
    assert remedy in body["remedy"]
    nothing_happened(partner)


def test_an_address_is_sent_by_its_code_or_as_its_country_writes_it(partner: Partner) -> None:
    coded = {"name": "王芳", "phone": "+86 138 0000 0000", "division": "310104", "address": "漕溪路 1 号"}
    placed = partner.order((partner.tea, 1, 5_000), key="a", ship_to=coded).json()
    assert placed["ship_to"] == {
        **coded, "phone": "13800000000", "country": "CN", "region": "上海市 徐汇区",
    }  # fmt: skip
    abroad = {
        "name": "Jo",
        "phone": "030 901820",
        "country": "DE",
        "city": "Berlin",
        "postcode": "10115",
        "address": "Torstr. 1",
    }
    placed = partner.order((partner.tea, 1, 5_000), key="b", ship_to=abroad).json()
    assert placed["ship_to"]["region"] == "Berlin, 10115, Germany"
    assert placed["ship_to"]["phone"] == "+4930901820"


def test_an_order_with_parcels_needs_an_address(partner: Partner) -> None:
    body = problem(partner.order((partner.tea, 1, 5_000), ship_to={**ADDRESS, "phone": ""}), 422, "invalid")
    assert body["faults"][0]["field"] == "ship_to.phone"
    line = {"variant_id": str(partner.tea.variants.get().pk), "quantity": 1, "expected_cost": 5_000}
    answer = partner.call("POST", "orders", {"lines": [line]}, idempotency_key="no-address")
    assert problem(answer, 422, "invalid")["field"].startswith("ship_to")
    nothing_happened(partner)


def test_parcels_and_states_are_followed(partner: Partner) -> None:
    number = partner.order((partner.tea, 1, 5_000)).json()["number"]
    with in_public():
        sent = SupplierOrder.objects.get()
        person = make_user("ship@farm.test", role="supplier", supplier_id=sent.supplier_id)
        supplier_order_services.ship(
            supplier_order_id=sent.id, carrier="SF", tracking_number="SF1", acting_user=person
        )
    [supplier_order] = partner.get(f"orders/{number}").json()["supplier_orders"]
    assert supplier_order["state"] == "shipped"
    assert [(item["carrier"], item["tracking_number"]) for item in supplier_order["shipments"]] == [
        ("SF", "SF1")
    ]


def test_orders_are_listed_newest_first_and_members_orders_never(partner: Partner) -> None:
    numbers = [partner.order((partner.tea, 1, 5_000), reference=f"PO-{n}").json()["number"] for n in range(3)]
    with in_tenant(partner.tenant):
        bob = make_user()
        Order.objects.create(
            number="MEMBER-1",
            buyer=bob,
            idempotency_key="shop:1",
            request_hash="",
            currency="CNY",
            goods=1,
            total=1,
        )
    first = partner.get("orders?limit=2").json()
    second = partner.get(f"orders?limit=2&cursor={first['next']}").json()
    assert [item["number"] for item in first["items"] + second["items"]] == numbers[::-1]
    assert second["next"] is None
    assert [item["reference"] for item in partner.get("orders?reference=PO-1").json()["items"]] == ["PO-1"]
    assert partner.get("orders?state=refunded").json()["items"] == []
    problem(partner.get("orders?state=odd"), 422, "invalid")
    problem(partner.get("orders/MEMBER-1"), 404, "not_found")


def test_another_shop_sees_none_of_it(partner: Partner) -> None:
    number = partner.order((partner.tea, 1, 5_000)).json()["number"]
    other = make_tenant("charlie.localhost")
    charlie = Partner(other, make_key(other), partner.tea, partner.lamp, host="charlie.localhost")
    assert charlie.get("orders").json()["items"] == []
    problem(charlie.get(f"orders/{number}"), 404, "not_found")
    assert charlie.get("balance").json()["available"] == 0
    problem(charlie.order((partner.tea, 1, 5_000)), 402, "insufficient_balance")
    assert available(partner.tea) == 9


def test_a_failure_of_ours_is_a_problem_that_reveals_nothing(partner: Partner) -> None:
    with mock.patch("supply_api.selectors.catalogue_page", side_effect=RuntimeError("secret detail")):
        answer = partner.get("catalogue")
    problem(answer, 500, "internal_error")
    assert b"secret detail" not in answer.content
