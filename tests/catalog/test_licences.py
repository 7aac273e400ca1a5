"""Nothing is sold without the licences it needs: not listed, not found, not reserved."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from catalog import tasks
from catalog.feed import selectors as feed_selectors
from catalog.feed import services as feed_services
from catalog.licences import selectors as licence_selectors
from catalog.licences import services as licence_services
from catalog.models import Licence, LicenceKind, Product, Supplier
from catalog.products import selectors as product_selectors
from catalog.stock import services as stock_services
from catalog.suppliers import services as supplier_services
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.ids import new_id
from kernel.tenancy import in_tenant
from tenants.shop.offers import selectors as offer_selectors
from tests.support.build import make_category, make_product, make_supplier, make_tenant

PDF = b"%PDF-1.7 licence"


def _today() -> date:
    return clock.today()


def _licence(
    supplier: Supplier, kind: str = LicenceKind.FOOD, days: int | None = 100, since: int = -10
) -> Licence:
    return Licence.objects.create(
        supplier=supplier,
        kind=kind,
        number=f"N{new_id().hex[-6:]}",
        valid_from=_today() + timedelta(days=since),
        expires_on=None if days is None else _today() + timedelta(days=days),
    )


def _sellable(product: Product) -> bool:
    """Ask the selector and the database, which must say the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT public.catalog_for_sale(p) FROM public.catalog_product p WHERE id = %s", [product.pk]
        )
        (by_database,) = cursor.fetchone()
    by_selector = product_selectors.sellable().filter(pk=product.pk).exists()
    assert by_selector is by_database
    return by_selector


def test_who_needs_nothing_sells(db: None) -> None:
    assert _sellable(make_product(make_supplier()))


@pytest.mark.parametrize(("days", "sold"), [(None, True), (0, True), (30, True), (-1, False)])
def test_a_licence_counts_through_its_last_day(db: None, days: int | None, sold: bool) -> None:
    supplier = make_supplier()
    before, _made = make_product(supplier), _licence(supplier, days=days, since=-400)
    assert _sellable(before) is sold
    assert _sellable(make_product(supplier)) is sold


def test_one_required_and_missing_stops_everything_until_it_comes(db: None) -> None:
    supplier = make_supplier()
    product = make_product(supplier)
    supplier_services.save_supplier(code="farm", acting_user="test", required_licences=[LicenceKind.BUSINESS])
    assert not _sellable(product)
    licence = _licence(supplier, LicenceKind.BUSINESS)
    assert _sellable(product)
    licence.delete()
    assert not _sellable(product)
    supplier_services.save_supplier(code="farm", acting_user="test", required_licences=[])
    assert _sellable(product)


def test_a_category_asks_for_its_goods_and_for_those_below(db: None) -> None:
    drinks, books = make_category("drinks"), make_category("books")
    wine = make_category("wine", parent=drinks)
    supplier = make_supplier()
    bottle, novel = make_product(supplier, category=wine), make_product(supplier, category=books)
    drinks.required_licences = [LicenceKind.ALCOHOL]
    drinks.save()
    assert [_sellable(bottle), _sellable(novel)] == [False, True]
    assert not _sellable(make_product(supplier, category=wine))
    Product.objects.filter(pk=novel.pk).update(category=wine)
    assert not _sellable(novel)
    _licence(supplier, LicenceKind.ALCOHOL)
    assert [_sellable(bottle), _sellable(novel)] == [True, True]


def test_a_new_licence_follows_the_old_one_without_a_gap(db: None) -> None:
    supplier = make_supplier()
    product = make_product(supplier)
    _licence(supplier, days=5)
    _licence(supplier, days=300, since=6)
    product.refresh_from_db()
    assert product.licensed_until == _today() + timedelta(days=300)
    _licence(supplier, LicenceKind.BUSINESS, days=5)
    _licence(supplier, LicenceKind.BUSINESS, days=300, since=8)
    product.refresh_from_db()
    assert product.licensed_until == _today() + timedelta(days=5)


def test_the_shop_stops_listing_finding_and_reserving(db: None) -> None:
    tenant, supplier = make_tenant(), make_supplier()
    product = make_product(supplier, title={"en": "Longjing tea"})
    variant = product.variants.get()

    def shown() -> list[int]:
        with in_tenant(tenant):
            lists = offer_selectors.cards(), offer_selectors.cards(query="longjing")
            return [page.total for page in lists] + [
                int(offer_selectors.product("farm", product.handle) is not None)
            ]

    assert shown() == [1, 1, 1]
    _licence(supplier, days=-1, since=-400)
    assert shown() == [0, 0, 0]
    with pytest.raises(Conflict) as refusal, transaction.atomic():
        stock_services.reserve(reference=new_id(), quantities={variant.pk: 1}, expires_at=clock.now())
    assert refusal.value.code == "not_for_sale"
    variant.stock.refresh_from_db()
    assert (variant.stock.available, variant.stock.reserved) == (100, 0)
    # A sample is no sale.
    stock_services.reserve(
        reference=new_id(), quantities={variant.pk: 1}, expires_at=clock.now(), for_sale=False
    )


@pytest.mark.parametrize("change", [{"status": "draft"}, {"admission": "needed"}, {"admission": "delisted"}])
def test_what_is_not_for_sale_cannot_be_reserved(db: None, change: dict[str, str]) -> None:
    product = make_product(make_supplier())
    with connection.cursor() as cursor:  # past the guards of selection: they have tests of their own
        cursor.execute("SET LOCAL session_replication_role = replica")
        Product.objects.filter(pk=product.pk).update(**change)
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert not _sellable(product)
    with pytest.raises(Conflict), transaction.atomic():
        stock_services.reserve(
            reference=new_id(), quantities={product.variants.get().pk: 1}, expires_at=clock.now()
        )


def test_a_tenant_that_is_barred_is_refused_and_others_are_not(db: None) -> None:
    barred = new_id()
    product = make_product(make_supplier())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Product.objects.filter(pk=product.pk).update(barred_from=[barred])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert [
        product_selectors.sellable(tenant_id).filter(pk=product.pk).exists()
        for tenant_id in (None, new_id(), barred)
    ] == [True, True, False]
    quantities = {product.variants.get().pk: 1}
    with pytest.raises(Conflict), transaction.atomic():
        stock_services.reserve(
            reference=new_id(), quantities=quantities, expires_at=clock.now(), tenant_id=barred
        )
    stock_services.reserve(
        reference=new_id(), quantities=quantities, expires_at=clock.now(), tenant_id=new_id()
    )


def test_the_day_after_caches_and_feed_hear_of_it(db: None) -> None:
    supplier = make_supplier()
    product = make_product(supplier)
    licence = _licence(supplier, days=0)
    position = feed_services.changes_after(0)[-1].position
    tasks.check_licences()
    assert feed_services.changes_after(position) == []
    # As if a night had passed: the database's clock is nobody's to move.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Licence.objects.filter(pk=licence.pk).update(expires_on=_today() - timedelta(days=1))
        Product.objects.filter(pk=product.pk).update(licensed_until=_today() - timedelta(days=1))
        cursor.execute("SET LOCAL session_replication_role = origin")
    version = feed_selectors.catalogue_version()
    assert licence_services.refresh_licensing() == 1
    assert feed_selectors.catalogue_version() == version + 1
    (entry,) = feed_services.changes_after(position)
    assert entry.for_sale is False
    assert licence_services.refresh_licensing() == 0


def test_what_is_missing_or_ends_soon_is_said_in_time(db: None) -> None:
    supplier = make_supplier(required_licences=[LicenceKind.BUSINESS])
    make_product(supplier, category=make_category())
    _licence(supplier, LicenceKind.FOOD, days=20)
    _licence(supplier, LicenceKind.BRAND, days=200)
    assert [(gap.kind, gap.is_over) for gap in licence_selectors.gaps()] == [
        ("business", True),
        ("food", False),
    ]
    with time_machine.travel(clock.now() + timedelta(days=21), tick=False):
        assert [(gap.kind, gap.is_over) for gap in licence_selectors.gaps(supplier)] == [
            ("business", True),
            ("food", True),
        ]


def test_papers_are_checked_and_kept_where_no_address_leads(db: None) -> None:
    supplier = make_supplier()
    fields = {"supplier": supplier, "kind": "food", "expires_on": None, "acting_user": "test"}
    licence = licence_services.add_licence(number="1", file=SimpleUploadedFile("x.pdf", PDF), **fields)
    with licence.file.open() as paper:
        assert paper.read() == PDF
    with pytest.raises(ValueError, match="has no address"):
        _address = licence.file.url
    for number, file in (("2", SimpleUploadedFile("x.pdf", b"<script>")), ("1", None)):
        with pytest.raises(InvalidInput):
            licence_services.add_licence(number=number, file=file, **fields)
    assert Licence.objects.count() == 1
