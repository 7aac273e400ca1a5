"""Goods read from a store's export can be listed and bought like any other."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command

from kernel.tenancy import in_tenant
from tenants.shop.access import CartOwner
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.models import Order
from tenants.shop.orders import checkout
from tests.build import make_tenant, make_user
from tests.shop.test_checkout import ADDRESS, paid

SAMPLES = sorted((Path(__file__).parents[1] / "catalog" / "samples").glob("*.csv"))


@pytest.mark.django_db
def test_a_shop_sells_what_was_imported() -> None:
    call_command("import", str(SAMPLES[0]), supplier="store", create_supplier=True, currency="CNY", json=True)
    with in_tenant(make_tenant()):
        card = next(card for card in listing_selectors.cards(per_page=100).items if not card.sold_out)
        user = make_user()
        owner = CartOwner(user.pk, None)
        goods = listing_selectors.product(card.supplier_code, card.handle, user)
        assert goods is not None
        variant = next(variant for variant in goods.variants if variant.available)
        listing_services.add_to_cart(owner=owner, variant_id=variant.variant_id)
        quote = listing_selectors.quote(owner=owner, user=user)
        order = checkout.place_order(
            owner=owner,
            user=user,
            ship_to=ADDRESS,
            expected_total=quote.total,
            idempotency_key=str(uuid4()),
        )
        assert paid(order).state == Order.State.PAID
