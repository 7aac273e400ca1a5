"""A visitor chooses a region: local offers of others are left out, and no kept page mixes them up."""

import pytest

from catalog.models import Product, Region
from tests.support.build import make_product


@pytest.fixture
def local(shop):
    """Massages in Hangzhou and in Harbin beside what is sold everywhere."""
    zhejiang = Region.objects.create(slug="zhejiang", name={"zh-hans": "浙江", "en": "Zhejiang"})
    hangzhou = Region.objects.create(slug="杭州", name={"en": "Hangzhou"}, parent=zhejiang)
    harbin = Region.objects.create(slug="harbin", name={"zh-hans": "哈尔滨", "en": "Harbin"}, position=1)
    supplier = Product.objects.order_by("id")[0].supplier
    for place in (hangzhou, harbin):
        product = make_product(supplier, f"massage-{place.name['en'].lower()}", kind=Product.Kind.VOUCHER)
        Product.objects.filter(pk=product.pk).update(local_to=place)
    return shop


def _listed(visitor, path="/c/"):
    page = visitor.get(path)
    return {slug for slug in ("hangzhou", "harbin") if f"/massage-{slug}/" in page.text}


@pytest.mark.parametrize(
    ("region", "seen"),
    [
        ("杭州", {"hangzhou"}),
        ("zhejiang", {"hangzhou"}),
        ("harbin", {"harbin"}),
        ("", {"hangzhou", "harbin"}),
        ("nowhere", {"hangzhou", "harbin"}),
    ],
)
def test_local_offers_of_other_regions_are_left_out(local, region, seen):
    visitor, stranger = local.visitor(), local.visitor()
    assert _listed(stranger) == {"hangzhou", "harbin"}
    answer = visitor.post("/region/", {"region": region, "next": "/c/?sort=new"})
    assert (answer.status_code, answer["Location"]) == (302, "/c/?sort=new")
    for _again in range(2):  # made, and kept
        assert _listed(visitor) == seen
        assert _listed(stranger) == {"hangzhou", "harbin"}
    # A link that somebody shared leads to the goods, wherever they are.
    assert visitor.get("/p/farm/massage-harbin/").status_code == 200


def test_made_up_regions_share_one_kept_page(local):
    stranger = local.visitor()
    stranger.get("/c/")
    for made_up in ("a", "b%00", "%E6%B5%99", "%ff"):
        visitor = local.visitor()
        visitor.cookies["region"] = made_up
        assert visitor.get("/c/")["X-Page-Cache"] == "hit"


def test_a_shop_without_local_offers_asks_nobody_where_they_are(shop):
    assert "/region/" not in shop.visitor().get("/c/").text


def test_a_region_is_not_a_way_to_another_site(local):
    answer = local.visitor().post("/region/", {"region": "harbin", "next": "//evil.example/"})
    assert answer["Location"] == "/"
