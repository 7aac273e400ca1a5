"""What shops use: counted when it happens, or asked of those who know, never by scanning in a request."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.core.cache import cache
from django.db import connection

from billing.plans.models import Usage
from kernel import clock

FRESH = 60  # seconds for which a count is good enough to be held against a limit
MONTH = 40 * 24 * 3600  # seconds; longer than a month and its neighbours' time zones
ADD = """
INSERT INTO public.plans_usage (tenant_id, metric, month, count) VALUES (%s, %s, %s, %s)
ON CONFLICT (tenant_id, metric, month) DO UPDATE SET count = plans_usage.count + excluded.count
"""


class Metric(StrEnum):
    """What plans limit; the names of the columns of Plan."""

    MEMBERS = "members"
    ORDERS = "orders"
    DOMAINS = "domains"
    API_CALLS = "api_calls"


METRICS = tuple(Metric)
_counters: dict[Metric, Callable[[UUID], int]] = {}


def register(metric: Metric, count: Callable[[UUID], int]) -> None:
    """Let the app that has the rows count them for a shop, once a minute; called in ``AppConfig.ready``."""
    _counters[metric] = count


def this_month() -> date:
    """Return the first day of the month where the central team is: what plans limit is the platform's."""
    return clock.today().replace(day=1)


def add(tenant_id: UUID, metric: Metric, count: int = 1) -> None:
    """Count something that happened, in the present transaction."""
    with connection.cursor() as cursor:
        cursor.execute(ADD, [tenant_id, metric, this_month(), count])


def used(tenant_id: UUID, metric: Metric) -> int:
    """Return how much of something a shop has or has used this month, at most a minute old."""
    if metric == Metric.API_CALLS:
        return int(cache.get(_calls_key(tenant_id)) or 0)
    key = _used_key(tenant_id, metric)
    known = cache.get(key)
    if known is None:
        known = _count(tenant_id, metric)
        cache.set(key, known, timeout=FRESH)
    return int(known)


def forget(tenant_id: UUID, metric: Metric) -> None:
    """Drop what was counted, so that ``used`` asks the rows the next time; for what just changed."""
    cache.delete(_used_key(tenant_id, metric))


def count_call(tenant_id: UUID) -> int:
    """Count a call of the API and return how many there were this month; in Valkey only."""
    key = _calls_key(tenant_id)
    cache.add(key, 0, timeout=MONTH)
    try:
        return int(cache.incr(key))
    except ValueError:  # expired between the two calls
        return 1


def _used_key(tenant_id: UUID, metric: Metric) -> str:
    return f"plans:used:{tenant_id}:{metric}:{this_month()}"


def _calls_key(tenant_id: UUID) -> str:
    return f"plans:calls:{tenant_id}:{this_month()}"


def _count(tenant_id: UUID, metric: Metric) -> int:
    if metric in _counters:
        return _counters[metric](tenant_id)
    row = Usage.objects.filter(tenant_id=tenant_id, metric=metric, month=this_month()).first()
    return row.count if row else 0
