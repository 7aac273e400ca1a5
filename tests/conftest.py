"""Real PostgreSQL and Valkey for every test; each test rolls back or has a database of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import blocking_manager_key
from xdist.scheduler import LoadGroupScheduling

from billing.plans import selectors as plan_selectors
from kernel.processes.embedded import EmbeddedPostgres, EmbeddedValkey
from tenants.registry import selectors as registry_selectors
from tenants.shop.listings import overlay
from tests import early
from tests.support import cluster, databases
from tests.support.consoles import central_team, console
from tests.support.purchases import committed_order, paid_order, quantities
from tests.support.sandbox import sandbox, sandbox_server
from tests.support.service import service
from tests.support.world import make_template, world

__all__ = [
    "central_team",
    "committed_order",
    "console",
    "paid_order",
    "quantities",
    "sandbox",
    "sandbox_server",
    "service",
    "world",
]

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
    """Start PostgreSQL and make the world once per run, and start a Valkey for each process."""
    if session.config.getoption("collectonly"):
        return
    is_first = not hasattr(session.config, "workerinput")
    if is_first:
        _servers.append(cluster.start(early.run))
    valkey = EmbeddedValkey(Path(settings.BANYAN_VAR))
    valkey.start()
    _servers.append(valkey)
    if is_first:
        with session.config.stash[blocking_manager_key].unblock():
            make_template()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started."""
    for server in reversed(_servers):
        server.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Point Django to the database this test begins in, before any fixture of it."""
    databases.use(_template(item))


def _template(item: pytest.Item) -> str:
    assert isinstance(item, pytest.Function)
    return cluster.WORLD if "world" in item.fixturenames else cluster.EMPTY


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Let go of the databases in the end; they go with the run's cluster."""
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        connection.close_pool()


@pytest.fixture
def own_database(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """A database of its own for a test that commits, uses threads or several connections."""
    with databases.lent(_template(request.node)) as name, django_db_blocker.unblock():
        yield name


@pytest.fixture(autouse=True)
def _clean_slate() -> Iterator[None]:
    """Every test starts in "public" with empty caches."""
    yield
    connection.set_schema_to_public()
    cache.clear()
    registry_selectors.known_tenants.clear()
    plan_selectors.known_terms.clear()
    overlay.category_trees.clear()
