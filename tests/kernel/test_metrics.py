"""What Prometheus learns about requests: how many, how long, and nothing about whom."""

import re

import pytest
from django.test import Client

from tests.support.build import make_tenant

pytestmark = pytest.mark.django_db


def counted(text: str, **labels: str) -> float:
    """The count of requests with these labels."""
    for line in text.splitlines():
        shown = dict(re.findall(r'(\w+)="([^"]*)"', line))
        if line.startswith("banyan_requests_total") and labels.items() <= shown.items():
            return float(line.rpartition(" ")[2])
    return 0.0


def figures() -> str:
    return Client().get("/metrics", headers={"host": "localhost"}).content.decode()


def test_every_answer_is_counted_by_surface_and_names_no_shop() -> None:
    make_tenant("alice.localhost")
    before = figures()
    for path in ("/no-such-page-zq/", "/no-such-page-zq/", "/console/"):
        Client().get(path, headers={"host": "alice.localhost"})
    Client().generic("BREW", "/no-such-page-zq/", headers={"host": "alice.localhost"})
    after = figures()

    def grown(**labels: str) -> float:
        return counted(after, **labels) - counted(before, **labels)

    assert grown(surface="shop", method="GET", status="404") == 2
    assert grown(surface="console", method="GET", status="302") == 1
    assert grown(surface="shop", method="other") == 1
    assert "banyan_request_seconds_bucket" in after
    assert "zq" not in after
    assert "alice" not in after
