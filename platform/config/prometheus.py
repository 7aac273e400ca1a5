"""What Prometheus reads: the registered gauges, and the counts of what all web processes answered.

Whichever web process is asked, it answers for all of them: each writes its counts to a file of its own in
the folder PROMETHEUS_MULTIPROC_DIR, and these are added up (prometheus_client's multiprocess mode). Without
that folder, as in a test, a process knows of itself only.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from kernel import metrics
from kernel.tenancy import in_public

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if FOLDER:
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
_own_counts = CollectorRegistry()
_requests = Counter(
    "banyan_requests", "Requests answered", ["surface", "method", "status"], registry=_own_counts
)
_seconds = Histogram("banyan_request_seconds", "Seconds until the answer", ["surface"], registry=_own_counts)


def count_request(*, surface: str, method: str, status: int, seconds: float) -> None:
    """Count one answer. ``surface`` is one of few words; nothing here names a tenant, a person or a path."""
    _requests.labels(surface, method if method in METHODS else "other", str(status)).inc()
    _seconds.labels(surface).observe(seconds)


class _Collector:
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for gauge in metrics.gauges.values():
            yield GaugeMetricFamily(gauge.name, gauge.description, value=gauge.read())


def exposition() -> bytes:
    """Return all figures in Prometheus' text format."""
    registry, counts = CollectorRegistry(), _own_counts
    if FOLDER:
        counts = CollectorRegistry()
        MultiProcessCollector(counts, FOLDER)  # type: ignore[no-untyped-call]
    with in_public():
        registry.register(_Collector())
        return generate_latest(registry) + generate_latest(counts)
