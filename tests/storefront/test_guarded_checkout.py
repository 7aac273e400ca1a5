"""A guard that speaks between reading and buying is a sentence on the page, and nothing is bought."""

import re

import pytest
from django.db import connection
from django.db.models import Q

from kernel.tenancy import in_tenant
from selection.models import Charter
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.orders.models import Order
from tests.storefront.conftest import Shop

ADDRESS = {
    "name": "Bob", "phone": "13800000000", "address": "1 Main Street",
    "division_1": "330000", "division_2": "330100", "division_3": "330106",
}  # fmt: skip


def test_what_may_no_longer_be_sold_is_refused_in_words(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    on_page = listing_selectors.admission_selectors
    monkeypatch.setattr(on_page, "for_sale_in", lambda tenant_id: Q())  # what a page read before
    browser = shop.member()
    browser.post("/language/", {"language": "en"})
    browser.post("/cart/add/", {"variant_id": str(shop.pot.variants.get().pk)})
    page = browser.get("/checkout/").content.decode()
    sent = dict(re.findall(r'name="(expected_total|idempotency_key)" value="([^"]+)"', page))
    assert set(sent) == {"expected_total", "idempotency_key"}
    # The shop's charter is adopted after its list was read.
    Charter.objects.create(tenant_id=shop.tenant.pk, reason="all of it", adopted_by="owner")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    answer = browser.post("/checkout/", {**ADDRESS, **sent})
    assert answer.status_code == 409
    assert "this product has not passed and is not for sale" in answer.content.decode().lower()
    with in_tenant(shop.tenant):
        assert Order.objects.count() == 0
