"""The catalogue's version grows with what pages show, and with nothing else."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from catalog.feed import services as feed_services
from catalog.feed.selectors import catalogue_version
from catalog.models import Media, Price, Product, Region, Stock
from catalog.stock import services as stock_services
from catalog.suppliers import services as supplier_services
from kernel import clock
from kernel.ids import new_id
from tests import early
from tests.support.build import make_product, make_supplier, make_user

CHANGES: dict[str, Callable[[Product], object]] = {
    "a title": lambda product: Product.objects.filter(pk=product.pk).update(title={"en": "New"}),
    "visibility": lambda product: Product.objects.filter(pk=product.pk).update(status="draft"),
    "a price": lambda product: Price.objects.filter(variant__product=product).update(suggested=1),
    "a region": lambda _product: Region.objects.create(slug="jiangnan", name={"en": "Jiangnan"}),
    "a picture": lambda product: Media.objects.create(product=product, url="/static/a.svg"),
    "selling out": lambda product: Stock.objects.filter(variant__product=product).update(available=0),
    "a deletion": lambda product: product.delete(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_grows_with(db: None, change: Callable[[Product], object]) -> None:
    product = make_product(make_supplier(), stock=3)
    before = catalogue_version()
    change(product)
    assert catalogue_version() > before


def test_an_order_that_leaves_stock_does_not_change_it(db: None) -> None:
    variant = make_product(make_supplier(), stock=3).variants.get()
    before = catalogue_version()
    reference = new_id()
    stock_services.reserve(
        reference=reference, quantities={variant.pk: 2}, expires_at=clock.now() + timedelta(minutes=1)
    )
    stock_services.commit_reservation(reference=reference)
    assert catalogue_version() == before
    stock_services.reserve(reference=new_id(), quantities={variant.pk: 1}, expires_at=clock.now())
    assert catalogue_version() == before + 1
    stock_services.release_expired()
    assert catalogue_version() == before + 2


def test_a_statement_without_rows_changes_nothing(db: None) -> None:
    before = catalogue_version()
    Product.objects.filter(handle="nothing").update(status="draft")
    assert catalogue_version() == before


def test_folding_keeps_the_number(db: None) -> None:
    product = make_product(make_supplier())
    before = catalogue_version()
    feed_services.fold_changes()
    feed_services.fold_changes()
    assert catalogue_version() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_cataloguechange")
        assert cursor.fetchone() == (1,)
    product.delete()
    assert catalogue_version() > before


def test_a_change_that_commits_late_is_not_missed(own_database: str) -> None:
    product = make_product(make_supplier(), stock=3)
    with psycopg.connect(host=str(early.run / "run"), user="postgres", dbname=own_database) as other:
        other.execute("UPDATE public.catalog_product SET status = 'draft' WHERE id = %s", [product.pk])
        make_product(product.supplier)
        seen = catalogue_version()
    assert catalogue_version() == seen + 1


def test_search_text_follows_the_texts(db: None) -> None:
    product = make_product(make_supplier(), title={"zh-hans": "龙井茶", "en": "Longjing Tea"}, tags=["Green"])
    product.refresh_from_db()
    assert product.search_text == "| longjing tea | 龙井茶 || green |"


def test_saving_a_supplier_twice_writes_one_audit_entry(db: None) -> None:
    admin = make_user("admin@example.test", role="central_admin")
    first = supplier_services.save_supplier(code="farm", acting_user=admin, freight=500)
    again = supplier_services.save_supplier(code="farm", acting_user=admin, freight=500)
    assert first.pk == again.pk
    assert again.freight == 500
