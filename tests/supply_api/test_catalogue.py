"""The catalogue with the shop's overlay applied: pages, conditional requests, one product, its document."""

import json
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.stock import services as stock_services
from kernel.tenancy import in_tenant
from supply_api.description import openapi
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.assortment import AssortmentRule
from tests.supply_api.conftest import Partner
from tests.supply_api.test_keys import problem
from tests.support.build import make_product, make_supplier


def walk(partner: Partner, limit: int) -> list[dict[str, Any]]:
    """Return everything that walking the pages gives."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = partner.get(f"catalogue?limit={limit}&cursor={cursor}").json()
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def test_a_product_shows_own_price_cost_and_stock(partner: Partner) -> None:
    with in_tenant(partner.tenant):
        variant = partner.tea.variants.get()
        listing_services.override_listing(
            product_id=partner.tea.id,
            acting_user="test",  # type: ignore[arg-type]
            title={"en": "Alice's tea"},
            prices={variant.pk: 12_300},
        )
    answer = partner.get(f"catalogue/{partner.tea.pk}").json()
    assert answer["title"]["en"] == "Alice's tea"
    assert answer["currency"] == "CNY"
    assert answer["supplier"]["freight"] == 600
    [offer] = answer["variants"]
    assert (offer["price"], offer["cost"], offer["available"]) == (12_300, 5_000, 10)


def test_what_the_shop_does_not_list_is_not_there(partner: Partner) -> None:
    with in_tenant(partner.tenant):
        listing_services.set_assortment(
            rule=AssortmentRule.model_validate({"include": [{"supplier": "farm"}]}), acting_user="test"
        )
    assert [item["handle"] for item in walk(partner, 100)] == ["tea"]
    problem(partner.get(f"catalogue/{partner.lamp.pk}"), 404, "not_found")


def test_pages_give_every_product_once(partner: Partner) -> None:
    supplier = make_supplier("more")
    for _number in range(7):
        make_product(supplier)
    handles = [item["handle"] for item in walk(partner, 2)]
    assert len(handles) == len(set(handles)) == 9
    assert handles == [item["handle"] for item in walk(partner, 500)]


def test_a_page_costs_the_same_whatever_its_length(partner: Partner) -> None:
    supplier = make_supplier("more")
    for _number in range(12):
        make_product(supplier, options=("S", "L"))
    counts = []
    for limit in (1, 12):
        partner.get(f"catalogue?limit={limit}")  # the key's use is noted once a minute
        with CaptureQueriesContext(
            connection,
        ) as queries:
            partner.get(f"catalogue?limit={limit}")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_who_has_the_page_already_gets_304_until_something_changes(partner: Partner) -> None:
    first = partner.get("catalogue")
    again = partner.get("catalogue", if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    stock_services.set_stock(variant_id=partner.tea.variants.get().pk, available=3, acting_user="test")
    after = partner.get("catalogue", if_none_match=first["ETag"])
    assert after.status_code == 200
    assert after["ETag"] != first["ETag"]


def test_wrong_parameters_are_named(partner: Partner) -> None:
    for query, field in (
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("cursor=??", "cursor"),
    ):
        assert problem(partner.get(f"catalogue?{query}"), 422, "invalid")["field"] == field


def test_the_openapi_document_is_whole_and_names_no_shop(partner: Partner) -> None:
    document = partner.get("openapi.json", authorization="").json()
    assert document["openapi"].startswith("3.1")
    assert document == json.loads(json.dumps(openapi()))
    operations = {
        operation["operationId"] for path in document["paths"].values() for operation in path.values()
    }
    assert operations == {
        "list_catalogue", "get_product", "get_balance", "list_orders", "place_order", "get_order",
    }  # fmt: skip
    lines = document["components"]["schemas"]["OrderRequest"]["properties"]["lines"]
    assert (lines["minItems"], lines["maxItems"]) == (1, 100)
    assert {"OrderState", "PartState", "ProductKind"} <= set(document["components"]["schemas"])
    place = document["paths"]["/orders"]["post"]
    assert {"200", "201", "400", "401", "402", "403", "409", "415", "422", "429"} <= set(place["responses"])
    assert "application/problem+json" in place["responses"]["402"]["content"]
    [header] = [item for item in place["parameters"] if item["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", True)
    assert document["security"] if "security" in document else place["security"] == [{"key": []}]


def test_the_page_for_people_loads_nothing_from_elsewhere(partner: Partner) -> None:
    page = partner.get("docs/", authorization="").content.decode()
    assert "/api/v1/orders" in page
    assert "<code>expected_cost</code>" in page
    assert "http://" not in page.replace("http://alice.localhost", "")
    assert "https://" not in page
