"""Referral links over HTTP: the first one opened on a device decides, before sign-up and after it."""

from collections.abc import Iterator
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from kernel.tenancy import in_public, in_tenant
from tenants.agents.bindings import services as binding_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Member
from tenants.agents.rules import presets
from tenants.registry.models import Tenant
from tests.agents.people import make_member, switch_on
from tests.support.build import make_tenant, make_user
from tests.support.questions import press_and_confirm

HOST = "alice.localhost"


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    tenant = make_tenant(HOST)
    with in_tenant(tenant):
        switch_on("share-lock")
        yield tenant


def browser(host: str = HOST) -> Client:
    """A device of its own."""
    return Client(headers={"host": host})


def member_with_password(name: str) -> Member:
    """A member who can sign in on the page."""
    return member_services.ensure_member(user=make_user(f"{name}@example.test"))


def open_link(client: Client, code: str, path: str = "/") -> str:
    """Open a page with a referral code; return where it leads."""
    mark = "&" if "?" in path else "?"
    response = client.get(f"{path}{mark}s={code}")
    assert response.status_code == 302
    assert "no-store" in response["Cache-Control"]
    return str(response["Location"])


def sign_up(client: Client, tenant: Tenant, name: str = "fan") -> Member:
    email = f"{name}@example.test"
    response = client.post("/account/signup/", {"email": email, "password1": "long-enough-9"})
    assert response.status_code == 302, response.content[:2000]
    with in_tenant(tenant):
        return Member.objects.select_related("bound_to").get(user__email=email)


def test_a_visitor_who_signs_up_later_is_the_fan_of_the_first_link(tenant: Tenant) -> None:
    bob, carol = make_member("bob"), make_member("carol")
    device = browser()
    assert open_link(device, bob.referral_code, "/c/food/?sort=new") == "/c/food/?sort=new"
    cookie = device.cookies["first_visit"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["domain"]) == ("Lax", "")
    open_link(device, carol.referral_code)
    fan = sign_up(device, tenant)
    assert (fan.bound_to, fan.bound_by, fan.roles) == (bob, "link", ["member"])


def test_somebody_who_is_signed_in_is_bound_at_once_and_keeps_no_cookie(tenant: Tenant) -> None:
    bob, fan = make_member("bob"), make_user("fan@example.test")
    device = browser()
    device.force_login(fan, backend="accounts.backends.RoleBackend")
    open_link(device, bob.referral_code)
    assert "first_visit" not in device.cookies
    assert Member.objects.get(pk=fan.pk).bound_to == bob


def test_a_link_opened_before_signing_in_counts_at_sign_in(tenant: Tenant) -> None:
    bob, fan = make_member("bob"), member_with_password("fan")
    device = browser()
    open_link(device, bob.referral_code)
    response = device.post("/account/login/", {"login": "fan@example.test", "password": "secret-pass-1"})
    assert response.status_code == 302, response.content[:2000]
    with in_tenant(tenant):
        fan.refresh_from_db()
        assert fan.bound_to == bob


def test_where_only_sign_up_binds_nobody_else_is_bound(tenant: Tenant) -> None:
    switch_on("name: x\nbind: {when: sign_up}\n", None)
    bob, fan = make_member("bob"), member_with_password("fan")
    device = browser()
    open_link(device, bob.referral_code)
    device.post("/account/login/", {"login": "fan@example.test", "password": "secret-pass-1"})
    open_link(device, bob.referral_code)
    with in_tenant(tenant):
        fan.refresh_from_db()
        assert fan.bound_to is None
    newcomer = browser()
    open_link(newcomer, bob.referral_code)
    assert sign_up(newcomer, tenant, "newcomer").bound_to == bob


def test_where_only_codes_bind_a_link_hands_over_its_code_and_one_may_be_typed(tenant: Tenant) -> None:
    text = presets.source("invitation-quota").replace("at_start: 3", "at_start: 2")
    switch_on(text)
    bob = make_member("bob")
    guest, typist, late = browser(), browser(), browser()
    open_link(guest, bob.referral_code)
    fan = sign_up(guest, tenant, "guest")
    assert (fan.bound_to, fan.bound_by, fan.roles) == (bob, "code", ["promoter"])
    for device, name in ((typist, "typist"), (late, "late")):
        assert sign_up(device, tenant, name).roles == []
        assert 'name="code"' in device.get("/circle/").content.decode()
        press_and_confirm(device, "/circle/code/", {"code": f" {bob.referral_code.lower()} "})
    with in_tenant(tenant):
        bound_to = {member.user.email: member.bound_to for member in Member.objects.select_related("user")}
    assert (bound_to["typist@example.test"], bound_to["late@example.test"]) == (bob, None)


@pytest.mark.parametrize("code", ["", "x", "NOSUCH2", "' OR 1=1", "9" * 500])
def test_a_code_of_nobody_is_dropped_from_the_address_and_remembers_nothing(
    tenant: Tenant, code: str
) -> None:
    device = browser()
    assert open_link(device, code) == "/"
    assert "first_visit" not in device.cookies


def test_ones_own_link_binds_nobody(tenant: Tenant) -> None:
    bob = member_with_password("bob")
    device = browser()
    open_link(device, bob.referral_code)
    device.post("/account/login/", {"login": "bob@example.test", "password": "secret-pass-1"})
    with in_tenant(tenant):
        bob.refresh_from_db()
        assert bob.bound_to is None


def test_a_forged_cookie_counts_for_nothing_and_gives_way_to_a_real_visit(tenant: Tenant) -> None:
    bob = make_member("bob")
    device = browser()
    device.cookies["first_visit"] = f'["{bob.referral_code}","link"]:forged:signature'
    assert sign_up(device, tenant, "first").bound_to is None
    device = browser()
    device.cookies["first_visit"] = "forged"
    open_link(device, bob.referral_code)
    assert sign_up(device, tenant, "second").bound_to == bob


def test_a_cookie_of_one_shop_is_worth_nothing_in_another(tenant: Tenant) -> None:
    bob = make_member("bob")
    with in_public():
        other = make_tenant("charlie.localhost")
    device = browser()
    open_link(device, bob.referral_code)
    stranger = browser("charlie.localhost")
    stranger.cookies["first_visit"] = device.cookies["first_visit"].value
    with in_tenant(other):
        member = member_services.ensure_member(user=make_user("mallory@example.test"))
        Member.objects.filter(pk=member.pk).update(referral_code=bob.referral_code)
    assert sign_up(stranger, other).bound_to is None


@pytest.mark.parametrize("path", ["//elsewhere.example/x", "/\\elsewhere.example/x", "///elsewhere.example"])
def test_the_clean_address_never_leaves_the_shop(tenant: Tenant, path: str) -> None:
    response = browser().get("/", PATH_INFO=path, QUERY_STRING="s=ABCDEFG")
    assert response.status_code == 302
    location = response["Location"]
    assert location.startswith("/")
    assert location[1:2] not in {"/", "\\"}


def test_forms_and_interfaces_are_left_alone(tenant: Tenant) -> None:
    bob = make_member("bob")
    for method, path in (("post", "/account/login/"), ("get", "/api/v1/nothing/")):
        response = getattr(browser(), method)(f"{path}?s={bob.referral_code}")
        assert "first_visit" not in response.cookies
        assert response.status_code != 302


def test_two_links_at_once_bind_once_and_no_circle_closes(own_database: str) -> None:
    tenant = make_tenant(HOST)
    with in_tenant(tenant):
        names = ("fan", "one", "two")
        fan, first, second = (
            member_services.ensure_member(user=User.objects.create_user(f"{n}@example.test")) for n in names
        )
    results: list[bool] = []
    start = Barrier(4)

    def bind(member: Member, to: Member) -> None:
        try:
            with in_tenant(tenant):
                start.wait()
                results.append(binding_services.bind(member=member, code=to.referral_code, how="link"))
        finally:
            connection.close()

    pairs = [(fan, first), (fan, second), (first, second), (second, first)]
    threads = [Thread(target=bind, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, True, True]
