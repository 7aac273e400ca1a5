"""Figures for Prometheus, read when somebody asks. Apps add theirs from ``AppConfig.ready``."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

from kernel.tenancy import in_public


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure, read by one cheap query."""

    name: str
    description: str
    read: Callable[[], float]


gauges: dict[str, Gauge] = {}


def register(name: str, description: str, read: Callable[[], float]) -> None:
    """Show ``read()`` as ``banyan_<name>``; it runs in "public" and must be cheap. Seconds for ages."""
    gauges[name] = Gauge(f"banyan_{name}", description, read)


def one_number(query: str) -> float:
    """Return the first value of a query, 0 for NULL."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return float(row[0] or 0) if row else 0.0


def value(name: str) -> float:
    """Return what a registered gauge says now."""
    with in_public():
        return gauges[name].read()
