"""Goods read from a store's export can be listed and bought like any other."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command

from kernel.tenancy import in_tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tests.support.build import ADDRESS, make_tenant, make_user
from tests.support.purchases import book_payment

SAMPLES = sorted((Path(__file__).parents[1] / "catalog" / "samples").glob("*.csv"))


@pytest.mark.django_db
def test_a_shop_sells_what_was_imported() -> None:
    call_command("import", str(SAMPLES[0]), supplier="store", create_supplier=True, currency="CNY", json=True,
                 units=5, unshipped="voucher", no_category=True)  # fmt: skip
    with in_tenant(make_tenant()):
        card = next(card for card in offer_selectors.cards(per_page=100).items if not card.sold_out)
        user = make_user()
        owner = CartOwner(user.pk, None)
        goods = offer_selectors.product(card.supplier_code, card.handle, user)
        assert goods is not None
        variant = next(variant for variant in goods.variants if variant.available)
        cart_services.add_to_cart(owner=owner, variant_id=variant.variant_id)
        quote = cart_selectors.quote(owner=owner, user=user)
        order = order_services.place_order(
            user=user,
            ship_to=ADDRESS,
            expected_total=quote.total,
            idempotency_key=str(uuid4()),
        )
        assert book_payment(order).state == Order.State.PAID
