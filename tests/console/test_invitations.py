"""Nobody takes an account, or a role, over by having been at an address first."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts import roles
from accounts.models import Invitation, User
from kernel import clock
from kernel.tenancy import in_public, in_tenant
from tests.support.build import make_supplier
from tests.support.consoles import PASSWORD, Browser, ShopConsole
from tests.support.world import HOST, PLATFORM

NEW = "another-pass-2"


def link_in(message: mail.EmailMessage) -> str:
    """Return the path of the link in a mail."""
    address = re.search(r"https?://[^/\s]+(/\S+)", message.body)
    assert address
    return address[1]


def invite(browser: Browser, email: str, role: str, path: str = "/console/team/invite/") -> str:
    """Invite somebody on the console's page; return the path of the mailed link."""
    assert browser.post(path, email=email, role=role).status_code == 302
    assert mail.outbox[-1].to == [email.lower()]
    return link_in(mail.outbox[-1])


def sign_up(email: str) -> Client:
    """Open a member's account in the shop under an address, as anybody can."""
    client = Client(headers={"host": HOST})
    assert client.post("/account/signup/", {"email": email, "password1": PASSWORD}).status_code == 302
    return client


def is_signed_in(client: Client) -> bool:
    """True if the shop knows who this is."""
    return client.get("/orders/").status_code == 200


def test_an_invited_person_sets_a_password_and_works(console: ShopConsole) -> None:
    link = invite(console.browser(), "New@Alice.test", roles.SUPPORT)
    guest = Browser(HOST)
    assert "new@alice.test" in guest.get(link).content.decode()
    assert guest.post(link, password="short").status_code == 422
    assert guest.post(link, password=NEW)["Location"] == "/console/"
    assert guest.get("/console/").status_code == 200
    assert Browser(HOST).sign_in("new@alice.test", NEW).status_code == 302
    # The link is used up.
    assert Browser(HOST).get(link).status_code == 404
    assert Browser(HOST).post(link, password="third-pass-3").status_code == 404


def test_who_was_at_the_address_first_gets_nothing_of_the_role(console: ShopConsole) -> None:
    squatter = sign_up("boss@alice.test")
    assert is_signed_in(squatter)
    link = invite(console.browser(), "boss@alice.test", roles.FINANCE)
    assert Browser(HOST).sign_in("boss@alice.test").status_code == 200, "not before it is taken"
    assert Browser(HOST).post(link, password=NEW).status_code == 302
    assert not is_signed_in(squatter)
    assert Browser(HOST).sign_in("boss@alice.test").status_code == 200
    assert Browser(HOST).sign_in("boss@alice.test", NEW).status_code == 302


def test_a_role_is_not_laid_upon_a_member_s_account(console: ShopConsole) -> None:
    owner, member = console.browser(), console.person(roles.MEMBER)
    page = f"/console/accounts/user/{member.pk}/change/"
    for role in sorted(roles.OPERATORS):
        owner.post(page, role=role, name="", phone="", is_active="on")
        assert console.person(roles.MEMBER).role == roles.MEMBER


@pytest.mark.parametrize("ending", ["revoked", "expired", "replaced", "another host"])
def test_a_link_that_is_not_open_opens_nothing(console: ShopConsole, ending: str) -> None:
    owner, host = console.browser(), HOST
    link = invite(owner, "new@alice.test", roles.SUPPORT)
    then = clock.now()
    match ending:
        case "revoked":
            with in_tenant(console.tenant):
                waiting = Invitation.objects.get()
            assert owner.post(f"/console/team/invitations/{waiting.pk}/revoke/").status_code == 302
        case "expired":
            then += timedelta(days=8)
        case "replaced":
            assert invite(owner, "new@alice.test", roles.SUPPORT) != link
        case "another host":
            host = PLATFORM
    with time_machine.travel(then, tick=True):
        assert Browser(host).get(link).status_code == 404
        assert Browser(host).post(link, password=NEW).status_code == 404
    with in_tenant(console.tenant):
        assert not User.objects.filter(email="new@alice.test").exists()


def test_only_who_may_add_people_invites(console: ShopConsole) -> None:
    for role in sorted(roles.OPERATORS - {roles.OWNER}):
        browser = console.browser(role)
        assert browser.get("/console/team/invite/").status_code == 403
        assert browser.post("/console/team/invite/", email="x@y.test", role="owner").status_code == 403
    owner = console.browser()
    for role in (roles.MEMBER, roles.SUPPLIER, roles.CENTRAL_ADMIN, "king"):
        assert owner.post("/console/team/invite/", email="x@y.test", role=role).status_code == 200
    assert not mail.outbox


def test_a_supplier_s_person_is_invited_to_the_portal(central_team: Browser) -> None:
    farm = make_supplier("farm")
    path = f"/console/suppliers/{farm.pk}/people/"
    assert central_team.post(path, email="ship@farm.test", name="Sue").status_code == 302
    guest = Browser(PLATFORM)
    assert guest.post(link_in(mail.outbox[-1]), password=NEW)["Location"] == "/portal/"
    assert guest.get("/portal/").status_code == 200
    with in_public():
        assert User.objects.get(email="ship@farm.test").supplier_id == farm.pk


def test_the_first_mailed_code_ends_what_was_opened_before(console: ShopConsole) -> None:
    squatter = sign_up("real@owner.test")
    owner = Client(headers={"host": HOST})
    mail.outbox.clear()
    owner.post("/account/login/code/", {"email": "real@owner.test"})
    code = re.search(r"\b([0-9A-Z]{3,4}-?[0-9A-Z]{3,4})\b", mail.outbox[-1].body)
    assert code
    assert owner.post("/account/login/code/confirm/", {"code": code[1]}).status_code == 302
    assert is_signed_in(owner)
    assert not is_signed_in(squatter)
    again = Client(headers={"host": HOST})
    again.post("/account/login/", {"login": "real@owner.test", "password": PASSWORD})
    assert not is_signed_in(again)


def test_the_password_stays_for_who_confirms_in_the_browser_of_the_sign_up(console: ShopConsole) -> None:
    member = sign_up("real@owner.test")
    confirm = next(link_in(message) for message in mail.outbox if "confirm" in message.body)
    member.post(confirm)
    assert is_signed_in(member)
    again = Client(headers={"host": HOST})
    again.post("/account/login/", {"login": "real@owner.test", "password": PASSWORD})
    assert is_signed_in(again)
