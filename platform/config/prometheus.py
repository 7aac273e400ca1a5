"""What Prometheus reads from a web process: the registered gauges, and counts of its own answers."""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from kernel import metrics
from kernel.tenancy import in_public

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Each web process counts for itself and says so: whichever of them is asked, its series only ever grow.
_own_counts = CollectorRegistry()
_requests = Counter(
    "banyan_requests", "Requests answered", ["process", "surface", "method", "status"], registry=_own_counts
)
_seconds = Histogram(
    "banyan_request_seconds", "Seconds until the answer", ["process", "surface"], registry=_own_counts
)


def count_request(*, surface: str, method: str, status: int, seconds: float) -> None:
    """Count one answer. ``surface`` is one of few words; nothing here names a tenant, a person or a path."""
    process = str(os.getpid())
    _requests.labels(process, surface, method if method in METHODS else "other", str(status)).inc()
    _seconds.labels(process, surface).observe(seconds)


class _Collector:
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for gauge in metrics.gauges.values():
            yield GaugeMetricFamily(gauge.name, gauge.description, value=gauge.read())


def exposition() -> bytes:
    """Return all figures in Prometheus' text format."""
    registry = CollectorRegistry()
    with in_public():
        registry.register(_Collector())
        return generate_latest(registry) + generate_latest(_own_counts)
