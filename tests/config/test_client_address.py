"""Limits count who asks, as the outermost of our proxies saw them; nobody chooses their own address."""

from typing import Any

import pytest
import time_machine
from allauth.account import app_settings
from django.test import Client, RequestFactory

from accounts.adapter import AccountAdapter
from config.middleware import ClientAddressMiddleware
from kernel import clock
from tests.support.build import make_tenant

PROXY, FIRST, SECOND = "10.0.0.2", "198.51.100.7", "203.0.113.9"


def address(forwarded: str | None, proxies: int, settings: Any) -> str:
    """Return REMOTE_ADDR as the application sees it."""
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=PROXY)
    ClientAddressMiddleware(lambda _request: None)(request)  # type: ignore[arg-type, return-value]
    assert "HTTP_X_FORWARDED_FOR" not in request.META
    return str(request.META["REMOTE_ADDR"])


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        (FIRST, 1, FIRST),
        (f"{SECOND}, {FIRST}", 1, FIRST),  # what stands in front was sent by the client
        (f"{SECOND},{FIRST},{PROXY}", 2, FIRST),
        (f"{SECOND}, {FIRST}", 0, PROXY),
        (None, 1, PROXY),
        ("", 1, PROXY),
        ("unknown", 1, PROXY),
        (f"{FIRST}:4711", 1, PROXY),
        (FIRST, 2, PROXY),  # fewer than there are proxies: somebody went past one
        ("2001:db8::1", 1, "2001:db8::1"),
        ("' OR 1=1", 1, PROXY),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    forwarded: str | None, proxies: int, expected: str, settings: Any
) -> None:
    assert address(forwarded, proxies, settings) == expected


def test_a_customers_ipv6_network_counts_as_one() -> None:
    def counted(address: str) -> str:
        return AccountAdapter().get_client_ip(RequestFactory().get("/", REMOTE_ADDR=address))

    assert counted("2001:db8:1:2::a") == counted("2001:db8:1:2:ffff::b")
    assert counted("2001:db8:1:2::a") != counted("2001:db8:1:3::a")
    assert counted(FIRST) == FIRST


@pytest.mark.django_db
def test_limits_are_on_everywhere_and_count_each_client(settings: Any) -> None:
    """With the limits of production: who tries too often is slowed down, and nobody else behind the proxy."""
    assert app_settings.RATE_LIMITS["login"]
    settings.TRUSTED_PROXIES, settings.ACCOUNT_RATE_LIMITS = 1, {}
    make_tenant("alice.localhost")

    def signs_up(address: str, number: int) -> int:
        client = Client(headers={"host": "alice.localhost"})
        form = {"email": f"{number}@example.test", "password1": "long-enough-9"}
        forwarded = {"X-Forwarded-For": f"192.0.2.{number}, {address}"}
        return client.post("/account/signup/", form, headers=forwarded, REMOTE_ADDR=PROXY).status_code

    with time_machine.travel(clock.now(), tick=False):  # all within one minute, however busy the machine is
        statuses = [signs_up(FIRST, number) for number in range(21)]
        assert statuses == [302] * 20 + [429]
        assert signs_up(SECOND, 30) == 302
