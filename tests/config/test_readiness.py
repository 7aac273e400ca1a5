"""/readyz and the doctor are red when a shop cannot sell, whatever it is that stands still."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from celery import signals
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client

from config import celery, failing_shops, readiness
from config.beat import LivingScheduler
from config.middleware import RefusalMiddleware
from kernel import heartbeats
from tests.support.build import make_tenant

HOST = "alice.localhost"
PARTS = {"database", "cache", "role", "worker", "beat", "shops"}


@pytest.fixture(autouse=True)
def _alive(db: None) -> Iterator[None]:
    """Worker and beat live, and nobody has looked at shops yet."""
    for name in ("worker", "beat"):
        heartbeats.give(name)
    readiness.shop_faults.clear()
    yield
    readiness.shop_faults.clear()
    failing_shops._faults.clear()


def red() -> set[str]:
    """Which parts /readyz calls not ready; the doctor says the same."""
    readiness.shop_faults.clear()
    answer = Client(headers={"host": "localhost"}).get("/readyz")
    parts = {name: is_ready for name, is_ready in answer.json().items() if name in PARTS}
    assert parts.keys() == PARTS
    missing = {name for name, is_ready in parts.items() if not is_ready}
    assert answer.status_code == (503 if missing else 200)
    assert answer.json()["ok"] is not missing
    said = io.StringIO()
    with pytest.raises(SystemExit):  # nothing listens on the web's port here
        call_command("doctor", json=True, stdout=said)
    assert {check["name"] for check in json.loads(said.getvalue()) if not check["ok"]} & PARTS == missing
    return missing


def test_all_is_well() -> None:
    make_tenant(HOST)
    assert red() == set()


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_process_that_stands_still_is_seen(name: str) -> None:
    assert red() == set()
    cache.delete(f"heartbeat:{name}")  # as it goes by itself, FORGOTTEN_SECONDS after the last sign
    assert red() == {name}
    heartbeats.give(name)
    assert red() == set()


def test_the_worker_and_the_beat_say_that_they_live(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    assert celery.say_worker_lives in [receiver() for _key, receiver in signals.heartbeat_sent.receivers]
    signals.heartbeat_sent.send(sender=None)
    monkeypatch.setattr("celery.beat.PersistentScheduler.tick", lambda _self: 300.0)
    scheduler = LivingScheduler.__new__(LivingScheduler)
    assert scheduler.tick() == heartbeats.EVERY_SECONDS
    assert heartbeats.is_alive("worker")
    assert heartbeats.is_alive("beat")


@pytest.mark.parametrize("change", ["DROP SCHEMA {0} CASCADE", "ALTER SCHEMA {0} RENAME TO t_elsewhere"])
def test_a_shop_without_its_schema_is_seen(change: str) -> None:
    tenant = make_tenant(HOST)
    with connection.cursor() as cursor:
        cursor.execute(change.format(tenant.schema_name))
    assert red() == {"shops"}


def test_a_shop_whose_pages_fail_is_seen_until_one_works(monkeypatch: pytest.MonkeyPatch) -> None:
    make_tenant(HOST)
    make_tenant("bob.localhost")
    client = Client(headers={"host": HOST}, raise_request_exception=False)

    def fails(middleware: RefusalMiddleware, request: HttpRequest) -> HttpResponse:
        if request.get_host() == HOST:
            raise RuntimeError("a fault in a page")
        return middleware.get_response(request)

    with monkeypatch.context() as patched:
        patched.setattr(RefusalMiddleware, "__call__", fails)
        for _time in range(failing_shops.ENOUGH - 1):
            assert client.get("/").status_code == 500
        assert red() == set()
        assert client.get("/").status_code == 500
    assert Client(headers={"host": "bob.localhost"}).get("/").status_code == 200
    assert red() == {"shops"}
    assert client.get("/").status_code == 200
    assert red() == set()


def test_one_page_that_fails_is_not_a_shop_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_shops.note("t_x", 500)
    failing_shops.note("t_x", 200)
    for _time in range(5):
        failing_shops.note("t_x", 503)
        failing_shops.note("t_x", 404)
    assert failing_shops.among(["t_x"]) == []


def test_a_server_that_is_away_is_named_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_about: Any, **_more: Any) -> Any:
        raise DatabaseError("could not connect\nto server")

    monkeypatch.setattr(readiness, "LOOKS", (("database", away, "start it"),))
    (check,) = readiness.checks()
    assert (check.ok, check.says, check.remedy) == (False, "could not connect", "start it")


def test_an_owner_does_not_serve_in_production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's transaction is not over
    readiness.refuse_owner()
    settings.IN_PRODUCTION = True
    assert red() == {"role"}
    with pytest.raises(SystemExit, match="stands above all rules"):
        celery.refuse_owner()


def test_processes_with_nothing_to_do_write_nothing() -> None:
    """Celery says at INFO that a task came and went: sixty times a minute without anybody doing anything."""
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO), name
