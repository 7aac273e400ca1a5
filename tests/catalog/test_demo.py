"""The demo catalogue is complete, in two languages, drawn, and loads twice without a change."""

from xml.etree import ElementTree

from catalog import demo
from catalog.demo.loading import PICTURES, documents
from catalog.demo.pictures import draw
from catalog.models import Category, Media, Price, Product, Supplier
from catalog.selectors import catalogue_version


def test_it_loads_and_loads_again_without_a_change(db: None) -> None:
    first = demo.load()
    assert first.suppliers == 6
    assert first.created == first.products == Product.objects.count() >= 60
    version = catalogue_version()
    again = demo.load()
    assert (again.created, again.updated) == (0, 0)
    assert catalogue_version() == version


def test_every_product_can_be_sold_in_both_languages(db: None) -> None:
    demo.load()
    for product in Product.objects.all():
        assert set(product.title) == set(product.description) == {"zh-hans", "en"}, product.handle
        assert product.category_id, product.handle
    vouchers = dict(Product.objects.filter(kind="voucher").values_list("handle", "voucher"))
    assert vouchers["morning-coffee-card"] == {"valid_days": 90, "uses": 10, "refund_on_expiry": True}
    assert all(terms["valid_days"] >= 30 for terms in vouchers.values())
    for price in Price.objects.all():
        assert 0 < price.cost < price.minimum <= price.suggested
    assert {category.slug for category in Category.objects.filter(parent=None)} == {
        "food",
        "home",
        "beauty",
        "local",
    }
    assert Supplier.objects.filter(region="").count() == 0


def test_every_picture_is_the_one_that_would_be_drawn(db: None) -> None:
    demo.load()
    entries = {
        entry["handle"]: entry["picture"] for document in documents() for entry in document["products"]
    }
    assert {file.stem for file in PICTURES.glob("*.svg")} == set(entries)
    for handle, picture in entries.items():
        stored = (PICTURES / f"{handle}.svg").read_text(encoding="utf-8")
        assert stored == draw(*picture), f"{handle}: run banyan demo_catalogue --draw"
    assert set(Media.objects.values_list("url", flat=True)) == {
        f"/static/catalog/demo/{handle}.svg" for handle in entries
    }


def test_pictures_are_harmless() -> None:
    for file in PICTURES.glob("*.svg"):
        text = file.read_text(encoding="utf-8")
        assert "style" not in text
        assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()} <= {
            *("svg", "defs", "g", "rect", "circle", "ellipse", "path"),
            *("linearGradient", "radialGradient", "stop"),
        }
