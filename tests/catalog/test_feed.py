"""The change feed skips nothing, whatever the order in which writers commit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from catalog.feed import services as feed_services
from catalog.models import Category, FeedEntry, FeedMark, Media, Price, Product, SellingPoint, Stock
from catalog.stock import services as stock_services
from catalog.suppliers import services as supplier_services
from kernel import clock
from kernel.ids import new_id
from tests import early
from tests.support.build import make_category, make_product, make_supplier

WRITERS, READERS, CHANGES = 8, 4, 12


def _entries_after(position: int) -> list[FeedEntry]:
    return list(feed_services.changes_after(position))


def test_a_product_is_one_ready_made_entry(db: None) -> None:
    tea = make_category("tea", parent=make_category("drinks"))
    product = make_product(make_supplier(), "longjing", options=("50 g", "100 g"), category=tea, stock=7)
    product.selling_points.add(SellingPoint.objects.create(slug="first-flush", name={"en": "First flush"}))
    (entry,) = _entries_after(0)
    assert (entry.product_id, entry.for_sale, entry.is_deleted) == (product.pk, True, False)
    assert entry.document["categories"] == ["drinks", "tea"]
    assert entry.document["supplier"]["code"] == "farm"
    assert entry.document["selling_points"] == ["first-flush"]
    first, second = entry.document["variants"]
    assert [first["options"], second["options"]] == [["50 g"], ["100 g"]]
    assert first["prices"]["CNY"] == {"cost": 6000, "suggested": 10000, "minimum": 6000, "compare_at": None}
    assert entry.stock == {first["variant_id"]: 7, second["variant_id"]: 7}
    assert _entries_after(entry.position) == []


CHANGED = {
    "a title": lambda p: Product.objects.filter(pk=p.pk).update(title={"en": "New"}),
    "visibility": lambda p: Product.objects.filter(pk=p.pk).update(status="draft"),
    "a price": lambda p: Price.objects.filter(variant__product=p).update(suggested=11_000),
    "stock": lambda p: stock_services.set_stock(
        variant_id=p.variants.get().pk, available=3, acting_user="test"
    ),
    "a picture": lambda p: Media.objects.create(product=p, url="/static/a.svg"),
    "its supplier": lambda p: supplier_services.save_supplier(
        code="farm", acting_user="test", is_active=False
    ),
    "its category": lambda p: Category.objects.filter(slug="food").update(slug="goods"),
    "a variant": lambda p: p.variants.update(is_active=False),
    "a selling point": lambda p: p.selling_points.add(
        SellingPoint.objects.create(slug="a2", name={"en": "A2"})
    ),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_one_change_is_one_position(db: None, change: Any) -> None:
    product = make_product(make_supplier())
    (before,) = _entries_after(0)
    change(product)
    (after,) = _entries_after(before.position)
    assert after.product_id == product.pk
    assert (after.document, after.stock, after.for_sale) != (before.document, before.stock, before.for_sale)


def test_what_changes_nothing_gets_no_position(db: None) -> None:
    product = make_product(make_supplier(), stock=5)
    position = _entries_after(0)[-1].position
    product.save()
    supplier_services.save_supplier(code="farm", acting_user="test", email="new@farm.test")
    assert _entries_after(position) == []
    assert not FeedMark.objects.exists()


def test_a_deletion_stays_as_a_tombstone(db: None) -> None:
    product = make_product(make_supplier())
    key, position = product.pk, _entries_after(0)[-1].position
    product.delete()
    (entry,) = _entries_after(position)
    assert (entry.product_id, entry.is_deleted, entry.document, entry.for_sale) == (key, True, None, False)
    assert [entry.product_id for entry in _entries_after(0)] == [key]


def test_pages_go_on_where_the_last_one_ended(db: None) -> None:
    supplier = make_supplier()
    keys = [make_product(supplier).pk for _ in range(5)]
    first = feed_services.changes_after(0, 3)
    second = feed_services.changes_after(first[-1].position, 3)
    assert [entry.product_id for entry in (*first, *second)] == keys


def test_a_sale_shows_what_is_left(db: None) -> None:
    variant = make_product(make_supplier(), stock=5).variants.get()
    position = _entries_after(0)[-1].position
    stock_services.reserve(reference=new_id(), quantities={variant.pk: 2}, expires_at=clock.now())
    (entry,) = _entries_after(position)
    assert entry.stock == {str(variant.pk): 3}


@pytest.mark.slow
def test_a_writer_that_commits_after_later_ones_were_read_is_not_skipped(own_database: str) -> None:
    product = make_product(make_supplier())
    with closing(_link(own_database)) as late:
        late.execute("UPDATE public.catalog_product SET vendor = 'late' WHERE id = %s", [product.pk])
        sooner = make_product(product.supplier)
        seen = _entries_after(0)
        assert [entry.product_id for entry in seen] == [product.pk, sooner.pk]
        assert seen[0].document["vendor"] == ""
        late.commit()
    (entry,) = _entries_after(seen[-1].position)
    assert (entry.product_id, entry.document["vendor"]) == (product.pk, "late")


def test_one_catches_up_at_a_time(own_database: str) -> None:
    make_product(make_supplier())
    with closing(_link(own_database)) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog.feed.services', 0))")
        assert feed_services.catch_up() == 0
        other.rollback()
    assert feed_services.catch_up() == 1


@pytest.mark.slow
def test_four_readers_beside_eight_writers_have_everything_in_order_and_once(own_database: str) -> None:
    supplier = make_supplier()
    products = [make_product(supplier, stock=1000) for _ in range(WRITERS)]
    feed_services.catch_up()
    begin, written = Barrier(WRITERS + READERS), Event()
    # Each change writes a vendor of its own, so that a reader can say which changes it has seen last.
    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        readers = [pool.submit(_read, begin, written) for _ in range(READERS)]
        writers = [pool.submit(_write, own_database, begin, n, products) for n in range(WRITERS)]
        new_keys = {key for writer in writers for key in writer.result()}
        written.set()
        copies = [reader.result() for reader in readers]
    for position_by_product, positions in copies:
        assert positions == sorted(set(positions))
        assert set(position_by_product) == new_keys | {product.pk for product in products}
        kept = {entry.product_id: entry for entry in FeedEntry.objects.all()}
        assert position_by_product == {key: entry.position for key, entry in kept.items()}
    for product in products:
        product.refresh_from_db()
        entry = FeedEntry.objects.get(product_id=product.pk)
        variant = product.variants.get()
        assert entry.document["vendor"] == product.vendor != ""
        assert entry.stock == {str(variant.pk): Stock.objects.get(variant=variant).available}


def _write(database: str, begin: Barrier, number: int, products: list[Product]) -> list[UUID]:
    """Change shared products and add own ones in overlapping transactions that commit out of order."""
    random, added = Random(number), []
    with closing(_link(database)) as first, closing(_link(database)) as other:
        begin.wait(600)
        for step in range(CHANGES):
            key, handle = new_id(), f"w{number}-{step}"
            first.execute(
                "INSERT INTO public.catalog_product (id, supplier_id, handle, kind, status, title,"
                " description, vendor, tags, region, options, search_text, updated_at) SELECT %s,"
                " supplier_id, %s, kind, status, title, description, '', tags, region, options, '', now()"
                " FROM public.catalog_product WHERE id = %s",
                [key, handle, products[0].pk],
            )
            target = products[random.randrange(len(products))].pk
            other.execute("UPDATE public.catalog_product SET vendor = %s WHERE id = %s", [handle, target])
            other.execute(
                "UPDATE public.catalog_stock SET available = available - 1 WHERE variant_id = "
                "(SELECT id FROM public.catalog_variant WHERE product_id = %s)",
                [target],
            )
            for link in (other, first) if step % 2 else (first, other):
                link.commit()
            added.append(key)
        for product in products[number : number + 1]:
            other.execute("UPDATE public.catalog_product SET vendor = 'end' WHERE id = %s", [product.pk])
            other.commit()
    return added


def _read(begin: Barrier, written: Event) -> tuple[dict[UUID, int], list[int]]:
    """Follow the feed in small pages until the writers are done and nothing is left."""
    copy: dict[UUID, int] = {}
    positions: list[int] = []
    try:
        begin.wait(600)
        for entry in _follow(written):
            copy[entry.product_id] = entry.position
            positions.append(entry.position)
    finally:
        connection.close()
    return copy, positions


def _follow(written: Event) -> Iterator[FeedEntry]:
    position = 0
    while True:
        over = written.is_set() and not FeedMark.objects.exists()
        page = feed_services.changes_after(position, 7)
        yield from page
        position = page[-1].position if page else position
        if over and not page and not FeedMark.objects.exists():
            return


def _link(database: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(host=str(early.run / "run"), user="postgres", dbname=database)
