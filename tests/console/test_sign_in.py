"""Who gets into which console, and what those read who do not."""

import pytest
from django.test import Client

from accounts import roles
from kernel.models import AuditEntry
from kernel.tenancy import in_public, in_tenant
from tests.support.build import make_supplier, make_tenant, make_user
from tests.support.consoles import PASSWORD, Browser, ShopConsole
from tests.support.world import HOST, PLATFORM


@pytest.mark.parametrize("host", [HOST, PLATFORM])
def test_strangers_are_sent_to_sign_in(console: ShopConsole, host: str) -> None:
    answer = Browser(host).get("/console/")
    assert answer.status_code == 302
    assert answer["Location"] == "/console/login/?next=/console/"


@pytest.mark.parametrize("way", ["", "?next=https://elsewhere.test/"])
def test_who_signs_in_without_a_way_arrives_in_the_console(console: ShopConsole, way: str) -> None:
    content = {"username": "alice@example.test", "password": PASSWORD}
    answer = Browser(HOST).post(f"/console/login/{way}", **content)
    assert (answer.status_code, answer["Location"]) == (302, "/console/")


@pytest.mark.parametrize("role", sorted(roles.OPERATORS))
def test_every_operator_enters_the_console_of_their_shop(console: ShopConsole, role: str) -> None:
    answer = console.browser(role).get("/console/")
    assert answer.status_code == 200
    assert "Alice&#x27;s shop" in answer.content.decode()


def test_a_member_reads_that_the_console_is_not_for_them(console: ShopConsole) -> None:
    browser = Browser(HOST)
    answer = browser.sign_in("carol@example.test")
    assert answer.status_code == 200
    assert "may not use the console" in answer.content.decode()
    assert browser.get("/console/").status_code == 302


def test_a_member_signed_in_to_the_shop_is_refused_and_can_sign_out(console: ShopConsole) -> None:
    browser = Browser(HOST)
    with in_tenant(console.tenant):
        browser.client.force_login(console.person(roles.MEMBER), backend="accounts.backends.RoleBackend")
    answer = browser.get("/console/")
    assert answer.status_code == 403
    assert "may not use the console" in answer.content.decode()
    assert browser.get("/console/shop/order/").status_code == 403
    assert browser.post("/console/logout/")["Location"] == "/console/login/"
    assert browser.get("/console/").status_code == 302


def test_a_supplier_is_shown_the_way_to_the_portal(db: None) -> None:
    person = make_user("ship@farm.test", role=roles.SUPPLIER, supplier_id=make_supplier().pk)
    browser = Browser(PLATFORM)
    assert browser.sign_in(person.email).status_code == 200
    browser.client.force_login(person, backend="accounts.backends.RoleBackend")
    answer = browser.get("/console/")
    assert answer.status_code == 403
    assert 'href="/portal/"' in answer.content.decode()


def test_the_central_team_has_no_key_to_a_shop_nor_a_shop_to_the_central_team(
    console: ShopConsole, central_team: Browser
) -> None:
    assert central_team.get("/console/").status_code == 200
    assert Browser(HOST).sign_in("chief@central.test").status_code == 200
    assert Browser(PLATFORM).sign_in("alice@example.test").status_code == 200
    # The very cookie of one console is worth nothing at the other.
    carried = Browser(HOST, central_team.client)
    assert carried.get("/console/").status_code == 302
    owner = console.browser()
    assert Browser(PLATFORM, owner.client).get("/console/").status_code == 302


def test_the_cookie_of_one_shop_opens_no_other(console: ShopConsole) -> None:
    make_tenant("charlie.localhost")
    carried = Browser("charlie.localhost", console.browser().client)
    assert carried.get("/console/").status_code == 302


@pytest.mark.parametrize("strangers", [1, 30])
@pytest.mark.slow
def test_strangers_lock_nobody_out(console: ShopConsole, strangers: int) -> None:
    known = console.browser()
    known.post("/console/logout/")
    for number in range(strangers):
        stranger = Browser(HOST, Client(REMOTE_ADDR=f"203.0.113.{number}"))
        for _time in range(9):
            assert stranger.sign_in("alice@example.test", "wrong").status_code == 200
    assert known.sign_in("alice@example.test").status_code == 302
    fresh = Browser(HOST, Client(REMOTE_ADDR="198.51.100.7"))
    assert fresh.sign_in("alice@example.test").status_code == (302 if strangers == 1 else 200)


def test_nor_do_strangers_on_the_page_where_members_sign_in(console: ShopConsole) -> None:
    stranger = Browser(HOST, Client(REMOTE_ADDR="203.0.113.1"))
    member = Browser(HOST, Client(REMOTE_ADDR="198.51.100.7"))
    for browser, password, status in ((stranger, "wrong", 200), (member, PASSWORD, 302)):
        for _time in range(7 if browser is stranger else 1):
            answer = browser.post("/account/login/", login="carol@example.test", password=password)
        assert answer.status_code == status
    assert stranger.post("/account/login/", login="carol@example.test", password=PASSWORD).status_code == 200


@pytest.mark.slow
def test_a_client_that_tries_many_addresses_is_slowed_down(console: ShopConsole) -> None:
    browser = Browser(HOST, Client(REMOTE_ADDR="203.0.113.9"))
    for number in range(300):
        browser.sign_in(f"somebody{number}@example.test", "wrong")
    assert "Too many tries" in browser.sign_in("alice@example.test").content.decode()
    assert console.browser().get("/console/").status_code == 200


def test_ten_wrong_passwords_close_the_console_for_that_address(console: ShopConsole) -> None:
    browser = Browser(HOST)
    for _time in range(10):
        assert "No account of a console" in browser.sign_in("alice@example.test", "wrong").content.decode()
    answer = browser.sign_in("alice@example.test").content.decode()
    assert "Too many tries" in answer
    assert Browser(HOST).sign_in("bob@example.test").status_code == 302


def test_a_closed_account_opens_nothing_at_once(console: ShopConsole) -> None:
    browser = console.browser(roles.MANAGER)
    with in_tenant(console.tenant):
        person = console.person(roles.MANAGER)
        person.is_active = False
        person.save()
    assert browser.get("/console/").status_code == 302
    assert Browser(HOST).sign_in(person.email, PASSWORD).status_code == 200


def test_signing_in_is_written_down(console: ShopConsole) -> None:
    console.browser()
    with in_public():
        [entry] = AuditEntry.objects.filter(action="signed_in")
    assert (entry.schema, entry.actor_id) == (console.tenant.schema_name, console.person(roles.OWNER).pk)


def test_only_the_consoles_may_run_what_unfold_needs(console: ShopConsole) -> None:
    assert "'unsafe-eval'" in console.browser().get("/console/")["Content-Security-Policy"]
    assert "'unsafe-eval'" in Browser(HOST).get("/console/login/")["Content-Security-Policy"]
    assert "unsafe" not in Browser(HOST).get("/api/v1/docs/")["Content-Security-Policy"]
    assert (
        "'unsafe-inline'"
        not in Browser(HOST).get("/console/login/")["Content-Security-Policy"].partition("script-src")[2]
    )


def test_nothing_on_a_shop_s_console_names_the_platform(console: ShopConsole) -> None:
    owner = console.browser()
    for page in ("/console/", "/console/listings/", "/console/keys/", "/console/login/"):
        text = owner.get(page).content.decode().lower()
        assert "banyan" not in text
        assert "django" not in text.replace("django-admin", "").replace("admin/js", "")


def test_the_language_follows_the_person(console: ShopConsole) -> None:
    browser = console.browser()
    assert "Overview" in browser.get("/console/").content.decode()
    browser.post("/console/language/", language="zh-hans", next="/console/")
    assert "概览" in browser.get("/console/").content.decode()


def test_an_unknown_page_of_a_console_is_a_404(console: ShopConsole, central_team: Browser) -> None:
    assert console.browser().get("/console/nothing/").status_code == 404
    assert central_team.get("/console/nothing/").status_code == 404
    assert Client().get("/console/", headers={"host": "nobody.localhost"}).status_code == 404
