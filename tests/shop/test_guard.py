"""The margin guard: a price the rules could exceed is refused, with the lowest one that keeps the promise."""

import pytest

from kernel.errors import InvalidInput
from tenants.agents import selectors as agents
from tenants.shop import guard, listings, services
from tests.build import make_product
from tests.shop.conftest import Shop


def _price(shop: Shop, amount: int) -> None:
    variant = shop.tea.variants.get()
    services.override_listing(product_id=shop.tea.pk, acting_user=shop.alice, prices={variant.pk: amount})


def test_a_price_the_rules_could_exceed_is_refused_to_the_cent(shop: Shop) -> None:
    # A buyer saves 10 %, then 8 + 3 + 5 % are paid of the rest, and 1 % is the platform's: of 50.00 cost.
    with pytest.raises(InvalidInput) as caught:
        _price(shop, 5_600)
    assert caught.value.code == "margin"
    rules, view = agents.active_rules()[1], listings.overlay()
    goods = guard.goods_of(shop.tea, 5_000, listings.category_paths())
    terms = {"rules": rules, "currency": "CNY", "fee_bp": view.tenant.platform_fee_bp}
    least = guard.least_kept(goods, **terms)
    assert least is not None
    assert guard.worst_case(goods, least, **terms).left >= 0
    assert not guard.worst_case(goods, least - 1, **terms).is_kept
    _price(shop, least)
    with pytest.raises(InvalidInput):
        _price(shop, least - 1)


def test_the_operator_sees_which_prices_are_too_low(shop: Shop) -> None:
    thin = make_product(shop.tea.supplier, "thin", price=5_500, cost=5_000)
    view = listings.overlay()
    offers = listings.offered_variants(view, products=[thin.pk, shop.tea.pk])
    assert [offer.product.pk for offer in guard.unkept(view, offers)] == [thin.pk]
