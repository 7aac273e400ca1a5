"""What may be sold: the definition in the database and its twin for lists say the same of each product."""

from datetime import timedelta
from itertools import product as combinations
from uuid import uuid4

import pytest
from django.db import connection

from catalog.models import Product
from catalog.products import selectors
from kernel import clock
from selection.admission import selectors as admission_selectors
from selection.models import Charter, CharterProduct
from tests.support.build import make_product, make_supplier

pytestmark = pytest.mark.django_db
SHOP, OTHER = uuid4(), uuid4()
ADMISSIONS = list(Product.Admission)
DAYS = (None, -1, 0, 1)


def products_of_every_kind() -> list[Product]:
    """Products that differ in all that the rule looks at, past the guards that would write it anew."""
    suppliers = make_supplier("open"), make_supplier("shut", is_active=False)
    cases = combinations(suppliers, Product.Status, ADMISSIONS, DAYS, ([], [SHOP], [OTHER]), ([], [SHOP]))
    sample = make_product(suppliers[0])
    products = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for number, (supplier, status, admission, days, barred, admitted) in enumerate(cases):
            until = None if days is None else clock.today() + timedelta(days=days)
            products.append(
                Product(
                    supplier=supplier,
                    category=sample.category,
                    handle=f"p{number}",
                    title={"en": "Tea"},
                    kind=sample.kind,
                    region=sample.region,
                    status=status,
                    admission=admission,
                    licensed_until=until,
                    barred_from=barred,
                    admitted_to=admitted,
                )
            )
        Product.objects.bulk_create(products)
        cursor.execute("SET LOCAL session_replication_role = origin")
    return products


def by_function(call: str, *values: object) -> set[object]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT p.id FROM public.catalog_product p WHERE {call}", values)
        return {key for (key,) in cursor.fetchall()}


@pytest.mark.parametrize("tenant", [None, SHOP])
@pytest.mark.slow
def test_lists_and_reservations_agree(tenant: object) -> None:
    assert len(products_of_every_kind()) == 2 * len(Product.Status) * len(ADMISSIONS) * len(DAYS) * 6
    listed = set(selectors.sellable(tenant).values_list("id", flat=True))  # type: ignore[arg-type]
    assert listed == by_function("public.catalog_for_sale(p, %s)", tenant)
    assert 0 < len(listed) < Product.objects.count()


@pytest.mark.parametrize("charter", [False, True])
@pytest.mark.slow
def test_a_shops_lists_and_the_guard_of_its_orders_agree(charter: bool) -> None:
    products = products_of_every_kind()
    if charter:
        adopted = Charter.objects.create(tenant_id=SHOP, reason="all of it", adopted_by="owner")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            CharterProduct.objects.bulk_create(
                CharterProduct(charter=adopted, product=row) for row in products[::2]
            )
            cursor.execute("SET LOCAL session_replication_role = origin")
    listed = set(Product.objects.filter(admission_selectors.for_sale_in(SHOP)).values_list("id", flat=True))
    assert listed == by_function("public.selection_admits(p.id, %s)", SHOP)
    assert 0 < len(listed) < len(products)
