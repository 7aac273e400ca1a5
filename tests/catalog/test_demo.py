"""The demo catalogue is complete, in two languages, with pictures, and loads twice without a change."""

from xml.etree import ElementTree

from catalog.demo.loading import HERE, documents, load_demo_catalogue
from catalog.feed.selectors import catalogue_version
from catalog.models import Category, Media, Price, Product, Supplier

PICTURES = HERE.parent / "static" / "catalog" / "demo"


def test_it_loads_and_loads_again_without_a_change(db: None) -> None:
    first = load_demo_catalogue()
    assert first.suppliers == 6
    assert first.created == first.products == Product.objects.count() >= 60
    version = catalogue_version()
    again = load_demo_catalogue()
    assert (again.created, again.updated) == (0, 0)
    assert catalogue_version() == version


def test_every_product_can_be_sold_in_both_languages(db: None) -> None:
    load_demo_catalogue()
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


def test_every_product_has_its_picture(db: None) -> None:
    load_demo_catalogue()
    handles = {entry["handle"] for document in documents() for entry in document["products"]}
    assert {file.stem for file in PICTURES.glob("*.svg")} == handles
    assert set(Media.objects.values_list("url", flat=True)) == {
        f"/static/catalog/demo/{handle}.svg" for handle in handles
    }


def test_pictures_are_harmless() -> None:
    for file in PICTURES.glob("*.svg"):
        text = file.read_text(encoding="utf-8")
        assert "style" not in text
        assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()} <= {
            *("svg", "defs", "g", "rect", "circle", "ellipse", "path"),
            *("linearGradient", "radialGradient", "stop"),
        }
