"""A price that moves while goods lie in a cart is said where they lie, until their owner has seen it."""

from catalog.models import Price
from kernel.tenancy import in_tenant
from storefront_theme import page_cache
from tenants.shop.cart.models import CartLine
from tests.storefront.conftest import Shop


def _suggest(shop: Shop, amount: int) -> None:
    Price.objects.filter(variant__product=shop.pot).update(suggested=amount)
    page_cache.forget()


def test_a_moved_price_is_announced_until_it_was_seen(shop: Shop) -> None:
    browser = shop.member()
    browser.post("/language/", {"language": "en"})
    variant = shop.pot.variants.get().pk
    browser.post("/cart/add/", {"variant_id": str(variant)})
    said = "since you put it in"
    assert said not in browser.get("/cart/").content.decode()
    _suggest(shop, 21_000)
    page = browser.get("/cart/").content.decode()
    assert "Dearer since you put it in" in page
    assert "200.00" in page
    assert said in browser.get("/checkout/").content.decode()
    _suggest(shop, 19_000)
    assert "Cheaper since you put it in" in browser.get("/cart/").content.decode()
    with in_tenant(shop.tenant):
        line = CartLine.objects.get()
    browser.post(f"/cart/lines/{line.pk}/", {"quantity": "2"})
    assert said not in browser.get("/cart/").content.decode()
