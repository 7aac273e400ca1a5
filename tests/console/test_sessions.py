"""What a console asks of a session: that it is young, a second factor, and proof before what matters most."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import LazySettings

from accounts import roles
from accounts import services as user_services
from kernel import clock
from kernel.tenancy import in_tenant
from tenants.console.urls import console as shop_console
from tests.support.consoles import PASSWORD, Browser, ShopConsole
from tests.support.world import HOST


@pytest.fixture
def clock_hand() -> Iterator[time_machine.Traveller]:
    """A clock to be moved on."""
    with time_machine.travel(datetime(2026, 3, 3, 9, tzinfo=clock.now().tzinfo), tick=False) as hand:
        yield hand


def code_of(secret: str) -> str:
    """Return the code that an authenticator app shows now."""
    counters = list(totp.yield_hotp_counters_from_time())
    return str(totp.format_hotp_value(totp.hotp_value(secret, counters[len(counters) // 2])))


def turn_on(browser: Browser) -> tuple[str, list[str]]:
    """Set the second factor up on its page; return its secret and the recovery codes."""
    secret = browser.get("/console/second-factor/").context["secret"]
    assert browser.post("/console/second-factor/", code="000000").status_code == 422
    with time_machine.travel(clock.now(), tick=False):  # no code runs out between two lines
        page = browser.post("/console/second-factor/", code=code_of(secret))
    return secret, list(page.context["codes"])


@pytest.mark.parametrize("hours", [1, 11])
@pytest.mark.slow
def test_a_session_lies_idle_for_half_an_hour_and_is_over(
    console: ShopConsole, clock_hand: time_machine.Traveller, hours: int
) -> None:
    browser = console.browser()
    for _step in range(hours * 4):
        clock_hand.shift(timedelta(minutes=15))
        assert browser.get("/console/").status_code == 200
    clock_hand.shift(timedelta(minutes=31))
    answer = browser.get("/console/shop/order/?q=1")
    assert answer["Location"] == "/console/login/?next=%2Fconsole%2Fshop%2Forder%2F%3Fq%3D1"
    assert browser.get("/console/")["Location"].startswith("/console/login/")


@pytest.mark.slow
def test_twelve_hours_are_the_most(console: ShopConsole, clock_hand: time_machine.Traveller) -> None:
    browser = console.browser()
    for _step in range(48):
        assert browser.get("/console/").status_code == 200
        clock_hand.shift(timedelta(minutes=15))
    clock_hand.shift(timedelta(minutes=1))
    assert browser.get("/console/")["Location"].startswith("/console/login/")


@pytest.mark.parametrize("role", sorted(roles.OPERATORS))
def test_where_it_is_required_nobody_works_without_a_second_factor(
    console: ShopConsole, settings: LazySettings, role: str
) -> None:
    settings.SECOND_FACTOR = "required"
    browser = console.browser(role)
    for path in ("/console/", "/console/shop/order/", "/console/team/invite/", "/console/password_change/"):
        assert browser.get(path)["Location"].startswith("/console/second-factor/"), path
    turn_on(browser)
    assert browser.get("/console/").status_code == 200


def test_the_password_alone_opens_nothing_once_it_is_on(console: ShopConsole) -> None:
    secret, recovery = turn_on(console.browser())
    browser = Browser(HOST)
    assert browser.sign_in("alice@example.test").status_code == 302
    for path in ("/console/", "/console/shop/order/", "/console/keys/"):
        assert browser.get(path)["Location"].startswith("/console/code/?next="), path
        assert browser.post(path)["Location"].startswith("/console/code/?next="), path
    assert browser.post("/console/code/?next=/console/keys/", code="123456").status_code == 422
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        assert browser.post("/console/code/?next=/console/keys/", code=code_of(secret)).status_code == 302
        assert browser.get("/console/keys/").status_code == 200
    other = Browser(HOST)
    other.sign_in("alice@example.test")
    for use, status in (("first", 302), ("again", 422)):
        assert other.post("/console/code/", code=recovery[0]).status_code == status, use


def test_nor_does_it_on_the_page_where_members_sign_in(console: ShopConsole) -> None:
    secret, _recovery = turn_on(console.browser())
    browser = Browser(HOST)
    answer = browser.post("/account/login/", login="alice@example.test", password=PASSWORD)
    assert answer["Location"] == "/account/second-factor/"
    assert browser.get("/account/second-factor/").status_code == 200
    assert browser.get("/console/")["Location"].startswith("/console/login/")
    assert browser.post("/account/second-factor/", code="123456").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        assert browser.post("/account/second-factor/", code=code_of(secret)).status_code == 302
        assert browser.get("/console/").status_code == 200


def test_what_matters_most_wants_the_password_again(
    console: ShopConsole, clock_hand: time_machine.Traveller
) -> None:
    browser, member = console.browser(), console.person(roles.MANAGER)
    sensitive = [screen for screen in shop_console.screens if screen.sensitive]
    names = {screen.name for screen in sensitive}
    assert {"keys", "payout_account", "team_invite", "withdrawals", "withdrawal"} <= names
    paths = [f"/console/{re.sub('<[^>]+>', str(member.pk), screen.route)}" for screen in sensitive]
    paths.append(f"/console/accounts/user/{member.pk}/change/")
    clock_hand.shift(timedelta(minutes=16))
    for path in paths:
        assert browser.get(path)["Location"].startswith("/console/confirm/?next="), path
        assert browser.post(path, name="x")["Location"].startswith("/console/confirm/?next="), path
    assert browser.get("/console/shop/order/").status_code == 200
    confirm = "/console/confirm/?next=/console/keys/"
    assert browser.post(confirm, password="wrong-pass-1").status_code == 422
    assert browser.post(confirm, password=PASSWORD)["Location"] == "/console/keys/"
    assert browser.get("/console/keys/").status_code == 200


def test_a_new_invitation_lets_in_who_lost_the_phone(console: ShopConsole) -> None:
    turn_on(console.browser(roles.SUPPORT))
    person = console.person(roles.SUPPORT)
    with in_tenant(console.tenant):
        assert Authenticator.objects.filter(user_id=person.pk).exists()
        issued = user_services.invite_operator(
            email=person.email, role=roles.SUPPORT, acting_user=console.person(roles.OWNER)
        )
    browser = Browser(HOST)
    browser.post(f"/console/invitation/{issued.token}/", password="new-pass-word-1")
    assert browser.get("/console/").status_code == 200


@pytest.mark.parametrize("target", ["https://elsewhere.test/", "//elsewhere.test", "javascript:alert(1)"])
def test_no_proof_leads_elsewhere(console: ShopConsole, target: str) -> None:
    answer = console.browser().post(f"/console/confirm/?next={target}", password=PASSWORD)
    assert answer["Location"] == "/console/"
