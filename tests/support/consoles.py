"""Browsers of the consoles: signed in on the consoles' own pages."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts import roles
from accounts.models import User
from catalog.models import Product
from kernel.tenancy import in_public, in_tenant
from tenants.registry.models import Tenant
from tests.support.build import make_user
from tests.support.questions import answer_of
from tests.support.world import HOST, PLATFORM, World

PASSWORD = "secret-pass-1"


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

    def confirm(self, path: str, **content: Any) -> Any:
        """Send a form that asks before it does something, and answer its question."""
        page = self.post(path, **content)
        answer = answer_of(page)
        assert answer, f"{path} asks nothing"
        return self.post(path, **content, confirmed=answer)

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
        """Sign in on the console's own page."""
        return self.post("/console/login/?next=/console/", username=email, password=password)


@dataclass
class ShopConsole:
    """The console of Alice's shop, as each of its people sees it."""

    world: World

    @property
    def tenant(self) -> Tenant:
        """The shop."""
        return self.world.tenant

    @property
    def tea(self) -> Product:
        """The farm's."""
        return self.world.tea

    @property
    def lamp(self) -> Product:
        """The forge's."""
        return self.world.lamp

    def browser(self, role: str = roles.OWNER) -> Browser:
        """Return a browser in which the person of that role is signed in on the shop's host."""
        browser = Browser(HOST)
        assert browser.sign_in(self.world.holder_of(role).email).status_code == 302
        return browser

    def person(self, role: str) -> User:
        """Return the shop's person of that role, as the database has them now."""
        with in_tenant(self.tenant):
            return User.objects.get(pk=self.world.holder_of(role).pk)


@pytest.fixture
def console(world: World) -> ShopConsole:
    """The console of a shop with rules in force, goods, and people of every role."""
    return ShopConsole(world)


@pytest.fixture
def central_team(db: None) -> Browser:
    """An administrator of the central team, signed in on the platform's host."""
    chief = make_user("chief@central.test", role=roles.CENTRAL_ADMIN)
    browser = Browser(PLATFORM)
    assert browser.sign_in(chief.email).status_code == 302
    return browser
