"""The central team's pages of the catalogue: bulk edits, imports, licences, pictures, hot variants."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.importing import selectors as importing_selectors
from catalog.importing import services as importing_services
from catalog.importing.answers import ImportAnswers
from catalog.models import ImportRun, Licence, Media, Price, Product, Stock
from kernel.errors import InvalidInput
from kernel.models import AuditEntry
from tests.support.build import make_product, make_supplier
from tests.support.consoles import Browser

BULK = "/console/products/bulk/"


def _mark(page: str) -> str:
    return page.partition('name="mark" value="')[2][:32]


def test_prices_are_changed_in_bulk_exactly_as_previewed(central_team: Browser) -> None:
    supplier = make_supplier()
    cheap, dear = (make_product(supplier, price=price, cost=5_000) for price in (10_000, 5_200))
    form = {"supplier": supplier.pk, "verb": "price", "percent": "-10", "currency": "CNY"}
    page = central_team.post(BULK, **form).content.decode()
    assert "90.00" in page
    assert "below its lowest price" in page or "低于最低售价" in page
    assert set(Price.objects.values_list("suggested", flat=True)) == {10_000, 5_200}
    # Somebody else is quicker: what was shown is no longer what would be done.
    Price.objects.filter(variant__product=cheap).update(suggested=20_000)
    again = central_team.post(BULK, **form, mark=_mark(page))
    assert again.status_code == 200
    assert Price.objects.get(variant__product=cheap).suggested == 20_000
    assert central_team.post(BULK, **form, mark=_mark(again.content.decode())).status_code == 302
    assert Price.objects.get(variant__product=cheap).suggested == 18_000
    assert Price.objects.get(variant__product=dear).suggested == 5_200
    assert AuditEntry.objects.get(action="bulk_edit").changes["rows"] == 1


def test_tags_and_states_in_bulk(central_team: Browser) -> None:
    supplier = make_supplier()
    product = make_product(supplier, tags=["old"])
    for change in ({"verb": "add_tag", "new_tag": "new"}, {"verb": "status", "new_status": "draft"}):
        form = {"supplier": supplier.pk, **change}
        page = central_team.post(BULK, **form).content.decode()
        assert central_team.post(BULK, **form, mark=_mark(page)).status_code == 302
    product.refresh_from_db()
    assert (product.tags, product.status) == (["old", "new"], "draft")
    assert central_team.post(BULK, verb="status", new_status="draft").status_code == 200  # no filter: refused
    assert AuditEntry.objects.filter(action="bulk_edit").count() == 2


def test_a_file_is_looked_at_and_refused_whole_if_it_is_no_table(central_team: Browser) -> None:
    supplier = make_supplier()
    file = SimpleUploadedFile("goods.csv", b"handle,title_en,cost,suggested_price\ntea,Tea,6,10\n")
    answer = central_team.post("/console/imports/", supplier=supplier.pk, file=file, cost_percent="60")
    run = ImportRun.objects.get()
    assert answer.status_code == 302
    assert (run.format, run.state) == ("products", "checking")
    assert central_team.get(answer["Location"]).status_code == 200
    assert central_team.post(answer["Location"]).status_code == 302  # not looked at yet
    assert ImportRun.objects.get().state == "checking"
    bad = SimpleUploadedFile("goods.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert central_team.post("/console/imports/", supplier=supplier.pk, file=bad).status_code == 200
    assert ImportRun.objects.count() == 1


def test_a_worker_checks_and_then_brings_it_in(own_database: str) -> None:
    file = SimpleUploadedFile("goods.csv", b"handle,title_en,cost,suggested_price\ntea,Tea,6,10\n,x,,\n")
    run = importing_services.start_import(
        supplier=make_supplier(), file=file, currency="CNY", acting_user="test"
    )
    importing_services.run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, run.report["created"], run.report["errors"][0]["line"]) == ("checked", 1, 3)
    assert not Product.objects.exists()
    with pytest.raises(InvalidInput, match="尚未回答"):
        importing_services.apply_import(run_id=run.pk, acting_user="test")
    answers = ImportAnswers(units=5, no_category=True)
    importing_services.apply_import(run_id=run.pk, acting_user="test", answers=answers)
    for _time in range(2):
        importing_services.run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, Product.objects.count(), importing_selectors.progress_percent(run)) == ("done", 1, 100)


def test_an_export_is_sent_as_a_file(central_team: Browser) -> None:
    product = make_product(make_supplier(), "tea")
    answer = central_team.get(f"/console/suppliers/{product.supplier_id}/export/stock/")
    assert b"tea" in b"".join(answer.streaming_content)
    assert "attachment" in answer["Content-Disposition"]
    assert central_team.get(f"/console/suppliers/{product.supplier_id}/export/nothing/").status_code == 404


def test_a_licence_is_added_with_its_paper_and_removed(central_team: Browser) -> None:
    supplier = make_supplier()
    path = f"/console/suppliers/{supplier.pk}/licences/"
    paper = SimpleUploadedFile("x.pdf", b"%PDF-1.7")
    assert (
        central_team.post(path, kind="food", number="F-1", expires_on="2020-01-01", file=paper).status_code
        == 302
    )
    licence = Licence.objects.get()
    assert "F-1" in central_team.get(path).content.decode()
    assert "farm" in central_team.get("/console/licences/").content.decode()
    answer = central_team.get(f"{path}{licence.pk}/")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7"
    assert central_team.post(path, remove=str(licence.pk)).status_code == 302
    assert not Licence.objects.exists()


def test_pictures_are_uploaded_ordered_and_removed(central_team: Browser) -> None:
    product = make_product(make_supplier())
    path = f"/console/products/{product.pk}/pictures/"
    for colour in ("red", "blue"):
        data = io.BytesIO()
        Image.new("RGB", (400, 300), colour).save(data, "PNG")
        central_team.post(path, pictures=SimpleUploadedFile(f"{colour}.png", data.getvalue()))
    central_team.post(path, pictures=SimpleUploadedFile("evil.svg", b"<svg/>"))
    first, second = product.media.all()
    assert first.widths == [320, 400]
    central_team.post(path, first=str(second.pk))
    assert [media.pk for media in product.media.all()] == [second.pk, first.pk]
    central_team.post(path, remove=str(second.pk))
    assert Media.objects.get().pk == first.pk


def test_a_variant_is_switched_to_hot_on_its_page(central_team: Browser) -> None:
    price = Price.objects.get(variant__product=make_product(make_supplier(), stock=7))
    path = f"/console/products/{price.variant.product_id}/prices/"
    values = {"cost": "60", "minimum": "60", "suggested": "100", "available": "7", "is_hot": "on"}
    assert (
        central_team.post(path, **{f"{price.pk}-{name}": value for name, value in values.items()}).status_code
        == 302
    )
    stock = Stock.objects.get()
    assert (stock.is_hot, stock.available) == (True, 7)
