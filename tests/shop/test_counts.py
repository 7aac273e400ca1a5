"""How many goods a shop lists, and in what order: kept for one state of one shop."""

import pytest
from django.db import connection, transaction

from catalog.feed.services import fold_changes
from catalog.models import Price, Product, Variant
from kernel.caches.memo import one_page
from kernel.tenancy import in_tenant
from tenants.registry.models import Tenant
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.assortment import AssortmentRule, ProductFilter
from tenants.shop.offers import selectors as offer_selectors
from tests.support.build import make_category, make_product, make_supplier, make_tenant


def _seen(tenant: Tenant, sort: str = "price") -> tuple[list[str], int, dict[str, int]]:
    with in_tenant(tenant), one_page():
        page = offer_selectors.cards(sort=sort, per_page=2)
        tree = {node.slug: node.count for node in offer_selectors.categories()}
        return [card.handle for card in page.items], page.total, tree


@pytest.fixture
def goods(own_database: str) -> dict[str, Product]:
    supplier, tea, home = make_supplier(), make_category("tea"), make_category("home")
    products = {}
    for place, (handle, category) in enumerate((("green", tea), ("black", tea), ("lamp", home))):
        products[handle] = make_product(supplier, handle, category=category)
        Price.objects.filter(variant__product=products[handle]).update(suggested=90_000 + place)
    return products


def test_a_second_look_asks_for_nothing_that_looks_at_all_goods(goods: dict[str, Product]) -> None:
    tenant = make_tenant()
    first = _seen(tenant)
    assert first == (["green", "black"], 3, {"tea": 2, "home": 1})
    statements: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert _seen(tenant) == first
    assert statements
    assert not [sql for sql in statements if "COUNT(" in sql or 'licensed_until" IS NULL' in sql]


def test_what_changes_is_seen_at_once(goods: dict[str, Product]) -> None:
    tenant = make_tenant()
    _seen(tenant)
    Product.objects.filter(id=goods["green"].id).update(status="draft")
    assert _seen(tenant) == (["black", "lamp"], 2, {"tea": 1, "home": 1})
    Price.objects.filter(variant__product=goods["lamp"]).update(suggested=80_000)
    assert _seen(tenant)[0] == ["lamp", "black"]
    with in_tenant(tenant):
        listing_services.set_assortment(
            rule=AssortmentRule(include=[ProductFilter(category="home")]), acting_user="test"
        )
    assert _seen(tenant) == (["lamp"], 1, {"home": 1})


def test_a_shop_never_sees_another_s_numbers(goods: dict[str, Product]) -> None:
    first, second = make_tenant(), make_tenant("second")
    with in_tenant(second):
        listing_services.set_assortment(
            rule=AssortmentRule(include=[ProductFilter(category="home")]), acting_user="test"
        )
    with in_tenant(first):
        listing_services.set_assortment(
            rule=AssortmentRule(include=[ProductFilter(category="tea")]), acting_user="test"
        )
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


def test_after_a_change_only_what_it_names_is_looked_at(goods: dict[str, Product]) -> None:
    tenant = make_tenant()
    _seen(tenant)
    statements: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append(sql)
        return execute(sql, params, many, context)

    def tree() -> dict[str, int]:
        with connection.execute_wrapper(note):
            return _seen(tenant)[2]

    Price.objects.filter(variant__product=goods["lamp"]).update(cost=80_000, minimum=1, suggested=2)
    assert tree() == {"tea": 2}  # at a loss
    Price.objects.filter(variant__product=goods["lamp"]).update(cost=1, suggested=90_000)
    assert tree() == {"tea": 2, "home": 1}
    Product.objects.filter(id=goods["green"].id).update(category=goods["lamp"].category_id)
    assert tree() == {"tea": 1, "home": 2}
    Product.objects.filter(id=goods["black"].id).update(category=None)
    assert tree() == {"home": 2}
    Variant.objects.filter(product=goods["lamp"]).update(is_active=False)
    assert tree() == {"home": 1}
    Product.objects.filter(id=goods["green"].id).delete()
    assert tree() == {}
    assert not [sql for sql in statements if "string_agg" in sql]
    fold_changes()
    make_product(make_supplier("other"), "vase", category=make_category("more"))
    assert tree() == {"more": 1}
    assert [sql for sql in statements if "string_agg" in sql]


def test_a_search_says_that_there_is_more_and_leads_on(goods: dict[str, Product]) -> None:
    tenant = make_tenant()
    with connection.cursor() as cursor:  # 240 more of the lamp, with all that belongs to it
        cursor.execute(MANY_LAMPS, {"lamp": goods["lamp"].id})
    with in_tenant(tenant), one_page():
        first = offer_selectors.cards(query="lampion", per_page=20)
        assert (len(first.items), first.total, first.pages, first.has_more) == (20, 100, 6, True)
        beyond = offer_selectors.cards(query="lampion", per_page=20, page=6)
        assert (len(beyond.items), beyond.page, beyond.total, beyond.pages) == (20, 6, 240, 12)
        assert not beyond.has_more
        assert {card.handle for card in offer_selectors.cards(query="lampion", page=12, per_page=20).items}
        cheapest = offer_selectors.cards(query="lampion", sort="price", per_page=20)
        assert cheapest.total == 240
        assert cheapest.items[0].handle == "lamp-1"  # the oldest, ranked last


MANY_LAMPS = """
WITH products AS (
    INSERT INTO catalog_product (supplier_id, handle, kind, status, category_id, title, description, vendor,
        tags, region, options, search_text, updated_at)
    SELECT supplier_id, 'lamp-' || n, kind, status, category_id,
        '{"en": "Lampion"}', '{}', '', '{}', '', '[]',
        '', now() FROM catalog_product, generate_series(1, 240) n WHERE id = %(lamp)s RETURNING id, handle
), variants AS (
    INSERT INTO catalog_variant (product_id, sku, barcode, options, weight_grams, position, is_active)
    SELECT id, handle, '', '{}', 0, 1, true FROM products RETURNING id, sku
)
INSERT INTO catalog_price (variant_id, currency, cost, suggested, minimum)
SELECT id, 'CNY', 100, 1000 + substr(sku, 6)::int, 200 FROM variants
"""
