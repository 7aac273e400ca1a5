"""Row ``listing``: listing pages of a shop with 10,000 products, beside the same pages with 100.

A page is made anew each time, as for a member who is signed in: 20 cards with prices, a category, the
cheapest first, a search, and the tree of categories; the second page of the list too, which has to know how
many there are. What is searched for is a fifth of all goods, in either language: 20 of 100 fill a page, so
both sides make 20 cards. How many there are and in what order is kept until the catalogue changes;
``changed`` is the first page after a supplier has changed a price, the change included, with the tree. The
slowest of the others is the ratio.
"""

import itertools
import statistics
import time
from collections.abc import Callable

from django.db import connection

from catalog.models import Category, Price, Product, Supplier
from kernel.caches import memo
from kernel.tenancy import in_tenant
from tenants.registry import schemas, services
from tenants.registry.models import Tenant
from tenants.shop.offers import selectors as offer_selectors
from tests.bench.row import Row

WORDS = [f"number {word}" for word in ("red", "blue", "green", "white", "black")]
WORDS += [f"{word}商品" for word in "红蓝绿白黑"]
FEW, MANY, RUNS, PAGES = 100, 10_000, 5, 20
DOCUMENT = """\
name: {zh-hans: 小店, en: Shop}
host: listing.example
preset: share-lock
owner: {email: owner@listing.example, name: 林晓}
"""


def run() -> Row:
    """Measure with few products, then with many; every kind of page for itself, the slowest ratio counts."""
    schemas.fill_pool(1)
    services.spawn(document=DOCUMENT, acting_user="bench")
    tenant = Tenant.objects.get()
    supplier = Supplier.objects.create(code="bench", name={"en": "Bench"})
    categories = [Category.objects.create(slug=f"c{n}", name={"en": f"C{n}"}).pk for n in range(5)]
    _fill(supplier, categories, FEW, 0)
    few = {name: _rate(tenant, page) for name, page in KINDS.items()}
    _fill(supplier, categories, MANY - FEW, FEW)
    many = {name: _rate(tenant, page) for name, page in KINDS.items()}
    assert Product.objects.count() == MANY
    ratios = {name: round(many[name] / few[name], 3) for name in KINDS}
    slowest = min(set(KINDS) - {"changed"}, key=lambda name: ratios[name])
    note = ", ".join(f"{name} {many[name]:.0f}/s" for name in KINDS)
    return Row("listing", "pages/s", many[slowest], few[slowest], ratios[slowest], RUNS, note, ratios)


_numbers = itertools.count(10)


def _searched() -> object:
    page = offer_selectors.cards(query=WORDS[next(_numbers) % len(WORDS)])
    assert len(page.items) == 20
    return page


def _changed() -> object:
    Price.objects.filter(variant__product__handle="p1").update(suggested=1_000 + next(_numbers))
    return offer_selectors.cards(), offer_selectors.categories()


KINDS: dict[str, Callable[[], object]] = {
    "new": lambda: offer_selectors.cards(),
    "second": lambda: offer_selectors.cards(page=2),
    "category": lambda: offer_selectors.cards(category="c1"),
    "price": lambda: offer_selectors.cards(sort="price"),
    "search": _searched,
    "categories": lambda: offer_selectors.categories(),
    "changed": _changed,
}


def _rate(tenant: Tenant, page: Callable[[], object]) -> float:
    with in_tenant(tenant):
        _make(page)
        return statistics.median(PAGES / _seconds(page) for _run in range(RUNS))


def _seconds(page: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _page in range(PAGES):
        _make(page)
    return time.perf_counter() - began


def _make(page: Callable[[], object]) -> None:
    with memo.one_page():
        page()


def _fill(supplier: Supplier, categories: list[object], count: int, first: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_product (supplier_id, handle, kind, status, category_id, title, description,"
            " vendor, tags, region, options, search_text, updated_at)"
            " SELECT %s, 'p' || n, 'physical', 'active', (%s::uuid[])[n %% 5 + 1],"
            " jsonb_build_object('zh-hans', (%s::text[])[n / 5 %% 5 + 1] || n, 'en',"
            " 'Product ' || n || ' of ' || (%s::text[])[n / 5 %% 5 + 1]), '{}', '', '{}', '',"
            " '[]', '', now() FROM generate_series(%s, %s) n",
            [supplier.pk, categories, WORDS[5:], WORDS[:5], first + 1, first + count],
        )
        cursor.execute(
            "INSERT INTO catalog_variant (product_id, sku, barcode, options, weight_grams, position,"
            " is_active) SELECT id, handle, '', '{}', 0, 1, true FROM catalog_product p"
            " WHERE NOT EXISTS (SELECT FROM catalog_variant v WHERE v.product_id = p.id)"
        )
        cursor.execute(
            "INSERT INTO catalog_price (variant_id, currency, cost, suggested, minimum)"
            " SELECT id, 'CNY', 600, 1000, 700 FROM catalog_variant v"
            " WHERE NOT EXISTS (SELECT FROM catalog_price c WHERE c.variant_id = v.id)"
        )
        cursor.execute(
            "INSERT INTO catalog_stock (variant_id, available) SELECT id, 50 FROM catalog_variant v"
            " WHERE NOT EXISTS (SELECT FROM catalog_stock s WHERE s.variant_id = v.id)"
        )
        cursor.execute("ANALYZE")
