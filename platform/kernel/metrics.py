"""Figures for Prometheus, read when somebody asks. Rooms above add theirs from ``AppConfig.ready``."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from kernel.tenancy import in_public


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure, read by one cheap query."""

    name: str
    description: str
    read: Callable[[], float]


_gauges: dict[str, Gauge] = {}
# Each web process counts for itself and says so: whichever of them is asked, its series only ever grow.
_own_counts = CollectorRegistry()
_requests = Counter(
    "banyan_requests", "Requests answered", ["process", "surface", "method", "status"], registry=_own_counts
)
_seconds = Histogram(
    "banyan_request_seconds", "Seconds until the answer", ["process", "surface"], registry=_own_counts
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(*, surface: str, method: str, status: int, seconds: float) -> None:
    """Count one answer. ``surface`` is one of few words; nothing here names a tenant, a person or a path."""
    process = str(os.getpid())
    _requests.labels(process, surface, method if method in METHODS else "other", str(status)).inc()
    _seconds.labels(process, surface).observe(seconds)


def register(name: str, description: str, read: Callable[[], float]) -> None:
    """Show ``read()`` as ``banyan_<name>``; it runs in "public" and must be cheap. Seconds for ages."""
    _gauges[name] = Gauge(f"banyan_{name}", description, read)


def one_number(query: str) -> float:
    """Return the first value of a query, 0 for NULL."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return float(row[0] or 0) if row else 0.0


def value(name: str) -> float:
    """Return what a registered gauge says now."""
    with in_public():
        return _gauges[name].read()


class _Collector:
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for gauge in _gauges.values():
            yield GaugeMetricFamily(gauge.name, gauge.description, value=gauge.read())


def exposition() -> bytes:
    """Return all figures in Prometheus' text format."""
    registry = CollectorRegistry()
    with in_public():
        registry.register(_Collector())
        return generate_latest(registry) + generate_latest(_own_counts)


def register_own() -> None:
    """Register the figures of the outbox."""
    register(
        "outbox_age_seconds",
        "Age of the oldest event that is due and not handled",
        lambda: one_number(
            "SELECT extract(epoch FROM now() - min(available_at)) FROM kernel_outboxevent"
            " WHERE handled_at IS NULL AND available_at <= now()"
        ),
    )
    register(
        "outbox_waiting",
        "Events that are due and not handled",
        lambda: one_number(
            "SELECT count(*) FROM kernel_outboxevent WHERE handled_at IS NULL AND available_at <= now()"
        ),
    )
    register(
        "outbox_stuck",
        "Events that failed too often and wait for a person",
        lambda: one_number(
            "SELECT count(*) FROM kernel_outboxevent WHERE handled_at IS NULL AND attempts >= 20"
        ),
    )
