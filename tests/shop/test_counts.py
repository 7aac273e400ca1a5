"""How many goods a shop lists, and in what order: kept for one state of one shop."""

import pytest
from django.db import connection, transaction

from catalog.models import Price, Product
from kernel.memo import one_page
from kernel.tenancy import in_tenant
from tenants.registry.models import Tenant
from tenants.shop import selectors, services
from tenants.shop.assortment import Filter, Rule
from tests.build import make_category, make_product, make_supplier, make_tenant


def _seen(tenant: Tenant, sort: str = "price") -> tuple[list[str], int, dict[str, int]]:
    with in_tenant(tenant), one_page():
        page = selectors.cards(sort=sort, per_page=2)
        tree = {node.slug: node.count for node in selectors.categories()}
        return [card.handle for card in page.items], page.total, tree


@pytest.fixture
def goods(own_database: str) -> dict[str, Product]:
    supplier, tea, home = make_supplier(), make_category("tea"), make_category("home")
    found = {}
    for place, (handle, category) in enumerate((("green", tea), ("black", tea), ("lamp", home))):
        found[handle] = make_product(supplier, handle, category=category)
        Price.objects.filter(variant__product=found[handle]).update(suggested=90_000 + place)
    return found


def test_a_second_look_asks_for_nothing_that_looks_at_all_goods(goods: dict[str, Product]) -> None:
    tenant = make_tenant()
    first = _seen(tenant)
    assert first == (["green", "black"], 3, {"tea": 2, "home": 1})
    asked: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert _seen(tenant) == first
    assert asked
    assert not [sql for sql in asked if "COUNT(" in sql or 'licensed_until" IS NULL' in sql]


def test_what_changes_is_seen_at_once(goods: dict[str, Product]) -> None:
    tenant = make_tenant()
    _seen(tenant)
    Product.objects.filter(id=goods["green"].id).update(status="draft")
    assert _seen(tenant) == (["black", "lamp"], 2, {"tea": 1, "home": 1})
    Price.objects.filter(variant__product=goods["lamp"]).update(suggested=80_000)
    assert _seen(tenant)[0] == ["lamp", "black"]
    with in_tenant(tenant):
        services.set_assortment(rule=Rule(include=[Filter(category="home")]), acting_user="test")
    assert _seen(tenant) == (["lamp"], 1, {"home": 1})


def test_a_shop_never_sees_another_s_numbers(goods: dict[str, Product]) -> None:
    first, second = make_tenant(), make_tenant("second")
    with in_tenant(second):
        services.set_assortment(rule=Rule(include=[Filter(category="home")]), acting_user="test")
    with in_tenant(first):
        services.set_assortment(rule=Rule(include=[Filter(category="tea")]), acting_user="test")
    assert _seen(first) == (["green", "black"], 2, {"tea": 2})
    assert _seen(second) == (["lamp"], 1, {"home": 1})


def test_what_is_rolled_back_is_not_kept(goods: dict[str, Product]) -> None:
    tenant = make_tenant()
    with transaction.atomic():
        Product.objects.filter(id=goods["green"].id).update(status="draft")
        assert _seen(tenant)[1] == 2
        transaction.set_rollback(True)
    Product.objects.filter(id=goods["lamp"].id).update(status="draft")  # the same version as rolled back
    assert _seen(tenant) == (["green", "black"], 2, {"tea": 2})
