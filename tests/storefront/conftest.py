"""Two shops on one catalogue, and visitors who come over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from catalog.models import Media, Product
from kernel.tenancy import in_tenant
from storefront_theme import page_cache
from tenants.brand import selectors as brand_selectors
from tenants.brand import services as brand_services
from tenants.brand.document import BrandDocument
from tenants.registry.models import Tenant
from tests.support.build import make_category, make_product, make_supplier, make_tenant


@dataclass
class Shop:
    """A tenant and what it sells."""

    tenant: Tenant
    host: str
    tea: Product
    pot: Product
    dinner: Product

    def visitor(self, language: str = "zh-hans") -> Client:
        """Somebody nobody knows, with a browser of that language."""
        return Client(HTTP_HOST=self.host, HTTP_ACCEPT_LANGUAGE=language)

    def member(self, email: str = "bob@example.test") -> Client:
        """Somebody who has just joined by the sign-up page."""
        browser = self.visitor()
        joined = browser.post("/account/signup/", {"email": email, "password1": "secret-pass-1"})
        assert joined.status_code == 302
        return browser


def dress(tenant: Tenant, **brand: Any) -> None:
    """Give a tenant a look."""
    with in_tenant(tenant), transaction.atomic():
        brand_services.install(BrandDocument.model_validate({"hero": {"title": {"en": "Hello"}}, **brand}))
    brand_selectors.looks.clear()
    page_cache.forget()


@pytest.fixture
def shop(db: None) -> Shop:
    """Alice's shop: tea in two sizes, a pot by another supplier, a dinner that is a voucher."""
    tenant = make_tenant("alice.localhost")
    farm, smith = make_supplier("farm"), make_supplier("smith", name={"zh-hans": "铁匠", "en": "The smith"})
    tea = make_product(farm, "tea", price=5_000, cost=3_000, options=("100g", "200g"))
    pot = make_product(smith, "pot", price=20_000, cost=9_000, category=make_category("home"))
    dinner = make_product(farm, "dinner", kind="voucher", category=make_category("local"))
    for product in (tea, pot):
        Media.objects.create(product=product, url=f"/pictures/{product.handle}.svg")
    dress(tenant)
    return Shop(tenant, "alice.localhost", tea, pot, dinner)


@pytest.fixture(autouse=True)
def _forget_pages() -> Iterator[None]:
    """What one test's pages leave in this process is not the next one's."""
    page_cache.forget()
    brand_selectors.looks.clear()
    yield
    page_cache.forget()
    brand_selectors.looks.clear()
