"""A supplier's second factor: asked for once it is on, and good for one use a code."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from kernel import clock
from tests.support.build import make_supplier
from tests.support.supplier_orders import make_supplier_user, portal

PASSWORD = "a-long-password-1"


def _code(secret: str, ahead: int = 0) -> str:
    counters = list(totp.yield_hotp_counters_from_time())
    return str(totp.format_hotp_value(totp.hotp_value(secret, counters[len(counters) // 2] + ahead)))


@pytest.fixture
def person(db: None) -> User:
    """Somebody of the farm, with a password."""
    user = make_supplier_user(make_supplier())
    user.set_password(PASSWORD)
    user.save()
    return user


def _turn_on(person: User) -> tuple[str, list[str]]:
    client = portal(person)
    secret = client.get("/portal/second-factor/").context["secret"]
    assert client.post("/portal/second-factor/", {"code": "000000"}).status_code == 422
    answer = client.post("/portal/second-factor/", {"code": _code(secret)})
    return secret, answer.context["codes"]


def _knock(person: User) -> Client:
    client = portal()
    answer = client.post("/portal/sign-in/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def _is_inside(client: Client) -> bool:
    return bool(client.get("/portal/").status_code == 200)


def test_without_it_the_password_is_enough(person: User) -> None:
    assert _is_inside(_knock(person))


def test_the_password_alone_opens_nothing(person: User) -> None:
    secret, _codes = _turn_on(person)
    client = _knock(person)
    assert not _is_inside(client)
    assert client.post("/portal/code/", {"code": "123456"}).status_code == 422
    assert not _is_inside(client)
    code = _code(secret)
    client.post("/portal/code/", {"code": code})
    assert _is_inside(client)
    again = _knock(person)
    assert again.post("/portal/code/", {"code": code}).status_code == 422, "a code is good once"


def test_a_recovery_code_works_once(person: User) -> None:
    _secret, codes = _turn_on(person)
    client = _knock(person)
    client.post("/portal/code/", {"code": codes[0]})
    assert _is_inside(client)
    assert _knock(person).post("/portal/code/", {"code": codes[0]}).status_code == 422


def test_codes_cannot_be_tried_for_long(person: User) -> None:
    secret, _codes = _turn_on(person)
    client = _knock(person)
    for number in range(12):
        client.post("/portal/code/", {"code": f"{number:06}"})
    assert client.post("/portal/code/", {"code": _code(secret, 1)}).status_code == 422
    assert not _is_inside(client)


def test_the_secret_is_not_readable_in_the_database(person: User) -> None:
    secret, codes = _turn_on(person)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert codes[0] not in stored


def test_it_is_turned_off_with_a_code(person: User) -> None:
    _secret, codes = _turn_on(person)
    client = _knock(person)
    assert client.get("/portal/second-factor/")["Location"] == "/portal/code/"
    client.post("/portal/code/", {"code": codes[0]})
    assert client.post("/portal/second-factor/", {"code": "999999"}).status_code == 422
    client.post("/portal/second-factor/", {"code": codes[1]})
    assert _is_inside(_knock(person))


def test_the_second_step_needs_the_first(db: None) -> None:
    assert portal().get("/portal/code/")["Location"] == "/portal/sign-in/?next=%2Fportal%2Fcode%2F"


def test_where_it_is_required_nothing_opens_without_one(person: User, settings: LazySettings) -> None:
    settings.SECOND_FACTOR = "required"
    client = _knock(person)
    for path in ("/portal/", "/portal/statements/", "/portal/password/"):
        assert client.get(path)["Location"] == "/portal/second-factor/"
    _turn_on(person)
    assert not _is_inside(client)


def test_an_old_session_is_over(person: User) -> None:
    client = _knock(person)
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        assert client.get("/portal/")["Location"].startswith("/portal/sign-in/")
