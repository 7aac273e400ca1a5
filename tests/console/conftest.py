"""Browsers of the consoles: signed in through the consoles' own doors."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts import roles
from accounts.models import User
from catalog.models import Product
from kernel.tenancy import in_public, in_tenant
from tenants.agents.members import services as member_services
from tenants.agents.ruleset import services as ruleset_services
from tenants.agents.ruleset.services import SignOff
from tenants.registry.models import Tenant
from tests.build import make_product, make_supplier, make_tenant, make_user
from tests.shop.conftest import RULES

PASSWORD = "secret-pass-1"
HOST, PLATFORM = "alice.localhost", "localhost"


@dataclass
class Browser:
    """Somebody's browser on one host; every request starts and ends in "public"."""

    host: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=True))

    def get(self, path: str, **headers: str) -> Any:
        """Open a page."""
        with in_public():
            return self.client.get(path, headers={"host": self.host, "accept-language": "en", **headers})

    def post(self, path: str, **content: Any) -> Any:
        """Send a form."""
        with in_public():
            return self.client.post(path, content, headers={"host": self.host, "accept-language": "en"})

    def post_plainly(self, path: str, content: dict[str, str]) -> Any:
        """Send a form as pages without files do."""
        with in_public():
            return self.client.post(
                path,
                urlencode(content),
                content_type="application/x-www-form-urlencoded",
                headers={"host": self.host, "accept-language": "en"},
            )

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """Sign in at the console's own door."""
        return self.post("/console/login/?next=/console/", username=email, password=password)


@dataclass
class House:
    """Alice's shop with goods, a circle and people of every role."""

    tenant: Tenant
    tea: Product
    lamp: Product

    def browser(self, role: str = roles.OWNER) -> Browser:
        """Return a browser in which the person of that role is signed in on the shop's host."""
        browser = Browser(HOST)
        assert browser.sign_in(f"{role}@alice.test").status_code == 302
        return browser

    def person(self, role: str) -> User:
        """Return the shop's person of that role."""
        with in_tenant(self.tenant):
            return User.objects.get(email=f"{role}@alice.test")


@pytest.fixture
def house(db: None) -> House:
    """The shop, with an owner, a manager, finance, support and a member."""
    tenant = make_tenant(HOST)
    tea = make_product(make_supplier("farm"), "tea", price=10_000, cost=5_000, stock=10)
    lamp = make_product(make_supplier("forge", freight=900), "lamp", price=25_000, cost=15_000, stock=5)
    with in_tenant(tenant):
        ruleset_services.activate_rules(
            document=RULES, acting_user=None, sign_off=SignOff(by="chief@office.test", reason="a test")
        )
        for role in (*roles.OPERATORS, roles.MEMBER):
            person = make_user(f"{role}@alice.test", role=role)
            member_services.ensure_member(user=person)
    return House(tenant, tea, lamp)


@pytest.fixture
def office(db: None) -> Browser:
    """An administrator of the central team, signed in on the platform's host."""
    make_user("chief@office.test", role=roles.CENTRAL_ADMIN)
    browser = Browser(PLATFORM)
    assert browser.sign_in("chief@office.test").status_code == 302
    return browser
