"""One search: what a shop finds, its console, its programs, the central team and the supplier find too."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import roles
from catalog.models import Product, Variant
from catalog.search import selectors as search_selectors
from tests.supply_api.conftest import make_key
from tests.support.build import make_product
from tests.support.consoles import Browser, ShopConsole
from tests.support.supplier_orders import make_supplier_user, portal
from tests.support.world import HOST, World

TITLE = "Crème brûlée 焦糖布蕾 Zq7"
QUERIES = (
    "creme brulee",
    "CRÈME BRÛLÉE",
    "ｃｒｅｍｅ",
    "焦糖布蕾",
    "布蕾",
    "buLei",
    "jiaotang",
    "CB-0042/x",
    "cb0042X",
    "5901234123457",
)
NOTHING = ("cream", "布丁", "CB-0043", "rem")


@pytest.fixture
def dessert(world: World) -> Product:
    product = make_product(world.farm, "dessert", price=10_000, cost=5_000, title={"fr": TITLE})
    Variant.objects.filter(product=product).update(sku="CB-0042/X", barcode="5901234123457")
    make_product(world.farm, "decoy", price=10_000, cost=5_000, title={"en": "Charging cable"})
    return product


def shop_page(console: ShopConsole, central: Browser) -> Any:
    visitor = Client(headers={"host": HOST, "accept-language": "en"})
    return lambda query: visitor.get("/search/", {"q": query})


def program(console: ShopConsole, central: Browser) -> Any:
    headers = {"host": HOST, "authorization": f"Bearer {make_key(console.tenant)}"}
    return lambda query: Client(headers=headers).get("/api/v1/catalogue", {"q": query})


def shop_console(console: ShopConsole, central: Browser) -> Any:
    owner = console.browser(roles.OWNER)
    return lambda query: owner.client.get("/console/listings/", {"q": query}, headers={"host": HOST})


def central_console(console: ShopConsole, central: Browser) -> Any:
    return lambda query: central.client.get(
        "/console/catalog/product/", {"q": query}, headers={"host": "localhost"}
    )


def supplier_portal(console: ShopConsole, central: Browser) -> Any:
    browser = portal(make_supplier_user(console.world.farm))
    return lambda query: browser.get("/portal/goods/", {"q": query})


@pytest.mark.parametrize("surface", [shop_page, program, shop_console, central_console, supplier_portal])
@pytest.mark.slow
def test_every_surface_finds_the_same(
    console: ShopConsole, central_team: Browser, dessert: Product, surface: Any
) -> None:
    search = surface(console, central_team)
    for query in QUERIES:
        answer = search(query).content.decode()
        assert "Zq7" in answer, query
        assert "Charging cable" not in answer, query
    for query in NOTHING:
        assert "Zq7" not in search(query).content.decode(), query


def test_a_search_is_one_statement(
    world: World, dessert: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for products in (Product.objects.all(), Product.objects.order_by("-id")):
        with django_assert_num_queries(1):
            assert search_selectors.search(products, "creme brulee").keys == [dessert.pk]
