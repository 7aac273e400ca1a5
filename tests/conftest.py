"""Real PostgreSQL and Valkey for every test; each test rolls back or has a database of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from xdist.scheduler import LoadGroupScheduling

from billing.plans import selectors as plans
from kernel.embedded import EmbeddedPostgres, EmbeddedValkey
from kernel.ids import new_id
from tenants.registry import selectors as registry
from tenants.shop.listings import selectors as listing_selectors
from tests import cluster, early
from tests.service import service

__all__ = ["service"]

hypothesis_settings.register_profile(
    "banyan",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("banyan")
PROCESSES = ("tests/crash/test_kill.py", "tests/journeys/")
"""What needs the whole service running; the killing comes first, for it counts all orders."""
_servers: list[EmbeddedPostgres | EmbeddedValkey] = []


class OneService(LoadGroupScheduling):  # type: ignore[misc]
    """Tests that share the running service stay in one process, so that it is started once."""

    def _split_scope(self, nodeid: str) -> str:
        return "service" if nodeid.startswith(PROCESSES) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneService:
    """Deal the tests out one by one, but for those that share the service.

    xdist's own way, a mark on the tests, writes a part of their ids that pytest 9.2 no longer reads.
    """
    return OneService(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: two processes then end together."""

    def rank(item: pytest.Item) -> int:
        return next((n for n, home in enumerate(PROCESSES) if item.nodeid.startswith(home)), len(PROCESSES))

    items.sort(key=rank)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start PostgreSQL once per run, and a Valkey for each worker."""
    if session.config.getoption("collectonly"):
        return
    if not hasattr(session.config, "workerinput"):
        _servers.append(cluster.start(early.run))
    valkey = EmbeddedValkey(Path(settings.BANYAN_VAR))
    valkey.start()
    _servers.append(valkey)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started."""
    for server in reversed(_servers):
        server.stop()


def _maintenance() -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(early.run / "run"), user="postgres", dbname="postgres", autocommit=True)


def _copy_template(name: str) -> None:
    with _maintenance() as link:
        link.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(
                sql.Identifier(name), sql.Identifier(cluster.TEMPLATE)
            )
        )


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Give this worker a copy of the migrated template."""
    with django_db_blocker.unblock():
        _copy_template(early.worker)
        yield
        connections.close_all()
        connection.close_pool()


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A private copy of the template for tests that commit, use threads or several connections."""
    name = f"own_{new_id().hex[-16:]}"
    _copy_template(name)
    shared = connection.settings_dict["NAME"]
    _point_to(name)
    with django_db_blocker.unblock():
        yield name
        _point_to(shared)
    with _maintenance() as link:
        link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _point_to(name: str) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


@pytest.fixture(autouse=True)
def _clean_slate() -> Iterator[None]:
    """Every test starts in "public" with empty caches."""
    yield
    connection.set_schema_to_public()
    cache.clear()
    registry.forget_all()
    plans.forget_all()
    listing_selectors.forget_all()
