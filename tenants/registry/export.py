"""What a tenant takes along: a zip with its tables, and what the shared ones say of it, as JSON lines."""

import json
import os
import zipfile
from pathlib import Path

from django.db import connection
from psycopg import sql

from kernel import clock
from kernel.tenancy import PUBLIC
from tenants.registry.models import Tenant


def schema_exists(name: str) -> bool:
    """True if PostgreSQL has a schema of that name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [f'"{name}"'])
        return bool(cursor.fetchone()[0])


def write_archive(*, tenant: Tenant, hosts: list[str], folder: Path) -> Path:
    """Write ``<schema>.zip`` and return its path. Must run inside a transaction.

    The tenant's tables are locked, so that nothing is written after it was read. ``tenant/<table>.jsonl``
    holds its own tables, ``shared/<table>.jsonl`` the rows of "public" that bear its id or schema.
    Passwords and keys are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    archive, draft = folder / f"{tenant.schema_name}.zip", folder / f".{tenant.schema_name}.part"
    own = _tables(tenant.schema_name)
    with connection.cursor() as cursor:
        for table in own:
            cursor.execute(
                sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(
                    sql.Identifier(tenant.schema_name, table)
                )
            )
    with draft.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("tenant.json", json.dumps(_facts(tenant, hosts), ensure_ascii=False, indent=1))
            for table in own:
                _copy(bundle, f"tenant/{table}.jsonl", sql.Identifier(tenant.schema_name, table), None)
            for table, condition in _shared(tenant):
                _copy(bundle, f"shared/{table}.jsonl", sql.Identifier(PUBLIC, table), condition)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(archive)
    return archive


def _facts(tenant: Tenant, hosts: list[str]) -> dict[str, object]:
    return {
        "id": str(tenant.pk),
        "name": tenant.name,
        "hosts": hosts,
        "currency": tenant.currency,
        "locale": tenant.locale,
        "timezone": tenant.timezone,
        "preset": tenant.preset,
        "created_at": tenant.created_at.isoformat(),
        "exported_at": clock.now().isoformat(),
    }


def _tables(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        return [name for (name,) in cursor.fetchall() if name != "django_migrations"]


def _shared(tenant: Tenant) -> list[tuple[str, sql.Composable]]:
    """Return the public tables that speak of tenants, each with the condition for this one."""
    values = {"tenant_id": sql.Literal(str(tenant.pk)), "schema": sql.Literal(tenant.schema_name)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, max(column_name) FROM information_schema.columns"
            " WHERE table_schema = %s AND column_name IN ('tenant_id', 'schema')"
            " AND table_name NOT LIKE 'registry_%%' GROUP BY 1 ORDER BY 1",
            [PUBLIC],
        )
        rows = cursor.fetchall()
    return [
        (table, sql.SQL("row.{} = {}").format(sql.Identifier(column), values[column]))
        for table, column in rows
    ]


def _copy(
    bundle: zipfile.ZipFile, name: str, table: sql.Composable, condition: sql.Composable | None
) -> None:
    where = sql.SQL(" WHERE {}").format(condition) if condition else sql.SQL("")
    query = sql.SQL(
        "COPY (SELECT to_jsonb(row) - '{{password,key_hash,secret}}'::text[] FROM {} AS row{}) TO STDOUT"
        " (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')"
    ).format(table, where)
    opened = bundle.open(name, "w", force_zip64=True)
    with opened as out, connection.cursor() as cursor, cursor.copy(query) as rows:
        for block in rows:
            out.write(block)
