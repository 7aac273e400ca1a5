"""Reads: which tenant a host belongs to, and where a tenant's shop is found."""

from collections.abc import Hashable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from kernel.caches.process_cache import ProcessCache
from kernel.errors import NotFound
from kernel.tenancy import PUBLIC, connection, in_public
from kernel.texts.translated import pick
from tenants.registry.models import Domain, ReadySchema, Tenant
from tenants.registry.schemas import fingerprint

CACHE_SECONDS = 30
"""How long another process may still answer on a host after its tenant retired or moved."""
known_tenants: ProcessCache[Hashable, Any] = ProcessCache(50_000, seconds=CACHE_SECONDS)


def find_by_host(host: str) -> Tenant | None:
    """Return the active tenant of a host name (lower case, no port), or None.

    What was found is kept in this process for CACHE_SECONDS; a host that is unknown is asked for
    each time, so that a shop just spawned answers at once.
    """
    tenant: Tenant | None = known_tenants.answer(("host", host), lambda: _by_host(host))
    return tenant


def tenant_of_schema(schema: str) -> Tenant:
    """Return the tenant, retired ones too, that owns ``schema``; cached. Raises NotFound."""
    return _required(known_tenants.answer(("schema", schema), lambda: _first(schema_name=schema)))


def get_tenant(tenant_id: UUID) -> Tenant:
    """Return the tenant with that id, retired ones too; cached. Raises NotFound."""
    return _required(known_tenants.answer(("id", tenant_id), lambda: _first(id=tenant_id)))


def tenant_name(tenant_id: UUID) -> str:
    """Return what a shop is called in the reader's language; "–" for the platform's own accounts."""
    try:
        return pick(get_tenant(tenant_id).name)
    except NotFound:
        return "–"


def current_tenant() -> Tenant:
    """Return the tenant whose schema this connection works in. Raises NotFound in "public"."""
    tenant = connection.tenant
    return tenant if isinstance(tenant, Tenant) else tenant_of_schema(tenant.schema_name)


def active_tenants() -> QuerySet[Tenant]:
    """Return the tenants that are open, oldest first."""
    tenants: QuerySet[Tenant] = Tenant.objects.filter(state=Tenant.State.ACTIVE).order_by("created_at", "id")
    return tenants


def primary_host(tenant: Tenant) -> str:
    """Return the host name a tenant's shop is known by; cached. Raises NotFound for a retired tenant."""
    host = known_tenants.answer(("primary", tenant.id), lambda: _primary_host(tenant.id))
    if host is None:
        raise NotFound("this tenant has no host")
    return str(host)


def shop_url(tenant: Tenant, path: str = "/") -> str:
    """Return the public address of ``path`` in a tenant's shop, with the port where we serve it ourselves."""
    return settings.PUBLIC_SCHEME + "://" + primary_host(tenant) + settings.PUBLIC_PORT + path


def ready_schemas() -> int:
    """Return how many schemas of the present migrations wait for a tenant."""
    return ReadySchema.objects.filter(fingerprint=fingerprint()).count()


def unreadable_schemas() -> list[str]:
    """Return the schemas of open shops, and of the pool, that are gone or closed to the role in use.

    A role that may not read a schema sees none of its tables: a shop there answers every page with an error.
    """
    with in_public(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT expected.schema_name FROM (SELECT schema_name FROM registry_tenant WHERE state = %s"
            " UNION ALL SELECT schema_name FROM registry_readyschema) AS expected"
            " LEFT JOIN pg_namespace n ON n.nspname = expected.schema_name"
            " WHERE n.oid IS NULL OR NOT has_schema_privilege(n.oid, 'USAGE')"
            " OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r'"
            " AND NOT has_table_privilege(c.oid, 'SELECT'))"
            " ORDER BY 1",
            [Tenant.State.ACTIVE],
        )
        return [str(name) for (name,) in cursor.fetchall()]


def forget_tenant(tenant: Tenant) -> None:
    """Drop what this process remembers of a tenant; other processes do so within CACHE_SECONDS."""
    known_tenants.forget_where(
        lambda key, answer: (
            (isinstance(answer, Tenant) and answer.id == tenant.id) or key == ("primary", tenant.id)
        )
    )


def _required(tenant: Tenant | None) -> Tenant:
    if tenant is None:
        raise NotFound("there is no such tenant")
    return tenant


def _by_host(host: str) -> Tenant | None:
    with in_public():
        open_ones = Domain.objects.select_related("tenant").filter(tenant__state=Tenant.State.ACTIVE)
        domain: Domain | None = open_ones.filter(domain=host).first()
    return domain.tenant if domain else None


def _first(**key: Any) -> Tenant | None:
    with in_public():
        tenant: Tenant | None = Tenant.objects.exclude(schema_name=PUBLIC).filter(**key).first()
    return tenant


def _primary_host(tenant_id: UUID) -> str | None:
    with in_public():
        domain: Domain | None = Domain.objects.filter(tenant=tenant_id, is_primary=True).first()
    return str(domain.domain) if domain else None
