"""Whether the whole service works: what /readyz answers and what ``banyan doctor`` begins with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection

from config import failing_shops
from kernel import heartbeats
from kernel.caches.process_cache import ProcessCache
from kernel.tenancy import in_public
from tenants.registry import selectors as registry_selectors
from tenants.registry import service_role

LOOKS_SECONDS = 10
"""So long one process answers the same about shops: their number may be large."""
shop_faults: ProcessCache[str, tuple[str, ...]] = ProcessCache(1, seconds=LOOKS_SECONDS)


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """One thing that was checked; ``says`` is what was seen, ``remedy`` what to do if it is not ok."""

    name: str
    ok: bool
    says: str
    remedy: str = ""


def checks() -> Iterator[ReadinessCheck]:
    """Look at everything that must run for a shop to sell; what cannot be looked at is not ok."""
    for name, look, remedy in LOOKS:
        try:
            fault = look()
        except (DatabaseError, redis.RedisError, OSError) as error:
            fault = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        yield ReadinessCheck(name, not fault, fault or "ok", remedy)


def refuse_owner() -> None:
    """End the start of a process whose role in the database stands above its rules; production only.

    A database that does not answer now is no reason: the process waits for it, and /readyz says so.
    """
    try:
        fault = _role()
    except DatabaseError:
        return
    finally:
        connection.close()
    if fault:
        raise SystemExit(f"banyan: DATABASE_URL: {fault}; see the deployment guide on the two roles")


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10000
    return "" if version >= 18 else f"PostgreSQL {version}: 18 is needed"


def _cache() -> str:
    cache.get("ready")
    return ""


def _role() -> str:
    with in_public():
        return service_role.fault() if settings.IN_PRODUCTION else ""


def _process(name: str) -> Callable[[], str]:
    return lambda: "" if heartbeats.is_alive(name) else "no sign of life"


def _shops() -> str:
    return _listed(shop_faults.answer("shops", lambda: tuple(_broken_shops())))


def _broken_shops() -> Iterator[str]:
    with in_public():
        yield from (f"{schema} cannot be read" for schema in registry_selectors.unreadable_schemas())
        schemas = registry_selectors.active_tenants().values_list("schema_name", flat=True)
        yield from (f"{schema} answers with errors" for schema in failing_shops.among(list(schemas)))


def _listed(faults: tuple[str, ...]) -> str:
    shown = "; ".join(faults[:5])
    return f"{shown} and {len(faults) - 5} more" if len(faults) > 5 else shown


LOOKS: tuple[tuple[str, Callable[[], str], str], ...] = (
    ("database", _database, "run banyan up, or check DATABASE_URL"),
    ("cache", _cache, "run banyan up, or check VALKEY_URL"),
    ("role", _role, "let the service connect as a role that owns nothing: see the deployment guide"),
    ("worker", _process("worker"), "start the worker: celery --app config.celery worker"),
    ("beat", _process("beat"), "start the beat: celery --app config.celery beat"),
    ("shops", _shops, "run banyan migrate, then look for errors of that schema in the log of the web"),
)
