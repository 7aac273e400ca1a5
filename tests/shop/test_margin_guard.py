"""The margin guard: a price the rules could exceed is refused, with the lowest one that keeps the promise."""

from dataclasses import replace

import pytest
from django.utils import translation

from kernel.errors import InvalidInput
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.overlay import overlay
from tenants.shop.pricing import margin_guard
from tests.support.build import make_product
from tests.support.world import World


def _price(shop: World, amount: int) -> None:
    variant = shop.tea.variants.get()
    listing_services.override_listing(
        product_id=shop.tea.pk, acting_user=shop.alice, prices={variant.pk: amount}
    )


def test_a_price_the_rules_could_exceed_is_refused_to_the_cent(shop: World) -> None:
    # A buyer saves 10 %, then 8 + 3 + 5 % are paid of the rest, and 1 % is the platform's: of 50.00 cost.
    with translation.override("en"), pytest.raises(InvalidInput) as caught:
        _price(shop, 5_600)
    assert caught.value.code == "margin"
    # 56.00 less 10 %, but never below what cost and fee take; the rules pay out no more than the margin.
    assert str(caught.value.message) == (
        "a buyer pays CN¥50.51 after saving CN¥5.49 by the rules; of this supply cost takes CN¥50.00, the"
        " fees CN¥0.50, and the rules may pay out CN¥0.51: CN¥0.50 is missing"
    )
    view = overlay()
    [offer] = listing_selectors.offered_variants(view, products=[shop.tea.pk])
    least = margin_guard.least_kept(view, offer)
    assert least is not None
    assert margin_guard.worst_case(view, replace(offer, price=least)).left >= 0
    assert not margin_guard.worst_case(view, replace(offer, price=least - 1)).is_kept
    _price(shop, least)
    with pytest.raises(InvalidInput):
        _price(shop, least - 1)


def test_the_operator_sees_which_prices_are_too_low(shop: World) -> None:
    thin = make_product(shop.tea.supplier, "thin", price=5_500, cost=5_000)
    view = overlay()
    offers = listing_selectors.offered_variants(view, products=[thin.pk, shop.tea.pk])
    assert [offer.product.pk for offer in margin_guard.broken_promises(view, offers)] == [thin.pk]


def test_a_price_that_leaves_nothing_at_all_to_share_keeps_no_promise(shop: World) -> None:
    view = overlay()
    [offer] = listing_selectors.offered_variants(view, products=[shop.tea.pk])
    for price in (1_000, 1_100):  # a saving takes the second one down to the first: 10.00 - 9.90 - 0.10
        worst = margin_guard.worst_case(view, replace(offer, cost=990, price=price))
        assert (worst.paid, worst.paid - 990 - worst.fee) == (1_000, 0)
        assert not worst.is_kept
