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
