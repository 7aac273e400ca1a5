"""Stepping into a tenant's schema and back out.

The ``with tenant:`` form and the decorators of django-tenants keep their state on an object that
threads share: two threads swapped tenants when that was tried. So nothing else may switch schemas.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import connection as django_connection

from kernel.database import unit_of_work

PUBLIC = "public"
connection: Any = django_connection
"""The present thread's connection; django-tenants gives it what Django's own types do not know."""


class TenantLike(Protocol):
    """A tenant, as far as domains below the registry know it."""

    @property
    def id(self) -> Any: ...
    @property
    def schema_name(self) -> Any: ...
    @property
    def name(self) -> Any: ...


@contextmanager
def in_tenant(tenant: Any) -> Iterator[None]:
    """Run the block with ``tenant``'s schema first on the search path, then restore the former one."""
    before = connection.tenant, connection.include_public_schema
    if tenant.schema_name == connection.schema_name and before[1]:
        # There already: to set the search path anew would be a round trip.
        connection.tenant = tenant
        try:
            yield
        finally:
            connection.tenant = before[0]
        return
    unit_of_work.flush()  # what waits belongs to the schema we leave
    connection.set_tenant(tenant)
    try:
        yield
        unit_of_work.flush()
    finally:
        connection.set_tenant(before[0], before[1])


@contextmanager
def in_public() -> Iterator[None]:
    """Run the block in the shared schema alone."""
    before = connection.tenant, connection.include_public_schema
    unit_of_work.flush()
    connection.set_schema_to_public()
    try:
        yield
        unit_of_work.flush()
    finally:
        connection.set_tenant(before[0], before[1])


def current_schema() -> str:
    """Return the schema this connection works in: "public" or a tenant's."""
    return str(connection.schema_name)
