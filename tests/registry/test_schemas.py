"""Replayed schemas are what the migrations make; the pool and the migrator keep them so."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from tenants.registry import migrator, schemas
from tenants.registry.models import ReadySchema, SchemaScript, Tenant
from tests.support.build import make_tenant

SHAPE = """
SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
       coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE c.relnamespace = %(name)s::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
FROM pg_constraint WHERE connamespace = %(name)s::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', ''
FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN
    (SELECT oid FROM pg_class WHERE relnamespace = %(name)s::regnamespace)
UNION ALL
SELECT 'function', proname, '', prosrc, '', '' FROM pg_proc WHERE pronamespace = %(name)s::regnamespace
UNION ALL
SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = %(name)s
"""


def shape(name: str) -> list[tuple[str, ...]]:
    """Return everything a schema consists of, its own name taken out."""
    with connection.cursor() as cursor:
        cursor.execute(SHAPE, {"name": name})
        return sorted(tuple(text.replace(name, "schema") for text in row) for row in cursor.fetchall())


@pytest.mark.slow
def test_a_replayed_schema_is_what_the_stock_migrations_make(own_database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA t_stock")
    call_command("migrate_schemas", schema_name="t_stock", interactive=False, verbosity=0)
    with transaction.atomic():
        schemas.create_schema("t_replayed")
    assert len(shape("t_replayed")) > 100
    assert shape("t_replayed") == shape("t_stock")
    assert schemas.applied_migrations("t_replayed") == schemas.applied_migrations("t_stock")


def test_tenants_are_lean_and_point_at_nothing_in_public(own_database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 't_ready1'")
        assert cursor.fetchone()[0] <= 29
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f'"
            " AND connamespace = 't_ready1'::regnamespace"
            " AND confrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
        )
        assert cursor.fetchall() == []


def test_the_pool_is_filled_to_its_size_and_no_further(own_database: str) -> None:
    assert schemas.fill_pool(2) == 2
    assert schemas.fill_pool(2) == 0
    assert ReadySchema.objects.count() == 2


def test_a_claim_that_is_undone_puts_the_schema_back(own_database: str) -> None:
    schemas.fill_pool(1)
    with transaction.atomic():
        name = schemas.claim()
        transaction.set_rollback(True)
    assert ReadySchema.objects.get().schema_name == name


def test_schemas_of_older_migrations_are_dropped_and_never_claimed(own_database: str) -> None:
    schemas.fill_pool(1)
    ReadySchema.objects.update(fingerprint="older")
    old = ReadySchema.objects.get().schema_name
    with transaction.atomic():
        assert schemas.claim() != old
    assert schemas.drop_outdated() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s)", [old])
        assert cursor.fetchone() == (None,)


def test_the_fingerprint_covers_the_sql_that_migrations_load(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = schemas.fingerprint()
    monkeypatch.setattr(schemas, "files_of", lambda folder: [])
    assert schemas.fingerprint.__wrapped__() != whole


@pytest.mark.slow
def test_statements_are_collected_again_when_they_are_missing(own_database: str) -> None:
    def timeless(statements: list[str]) -> list[str]:
        # A column that is added with "now" for rows that are there names the moment.
        return [re.sub(r"DEFAULT '\d{4}-[^']*'", "DEFAULT now", statement) for statement in statements]

    before = SchemaScript.objects.get().statements
    SchemaScript.objects.all().delete()
    assert timeless(schemas.script()) == timeless(before)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT \";\"", ["SELECT ';'", 'SELECT ";"']),
        (
            "CREATE FUNCTION f() AS $$ a; b; $$; SELECT $x$ ; $$ ; $x$",
            ["CREATE FUNCTION f() AS $$ a; b; $$", "SELECT $x$ ; $$ ; $x$"],
        ),
        ("-- no; remark\nSELECT 1; /* none; */ ;", ["-- no; remark\nSELECT 1", "/* none; */"]),
    ],
)
def test_statements_are_split_outside_of_quotes_only(text: str, parts: list[str]) -> None:
    assert schemas.split_statements(text) == parts


NEWEST = ("account", "0009_emailaddress_unique_primary_email")


def behind(*hosts: str) -> list[Tenant]:
    """Tenants whose schema lacks one migration, as an older release left them."""
    tenants = [make_tenant(host) for host in hosts]
    with connection.cursor() as cursor:
        for tenant in tenants:
            cursor.execute(f"DROP INDEX {tenant.schema_name}.unique_primary_email")
            rows = f"{tenant.schema_name}.django_migrations"
            cursor.execute(f"DELETE FROM {rows} WHERE (app, name) = (%s, %s)", NEWEST)
    return tenants


@pytest.mark.slow
def test_tenants_that_are_behind_are_migrated_by_replay(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenants = behind("a.localhost", "b.localhost", "c.localhost")
    stock: list[str] = []
    record = schemas.migrate_and_record

    def counted(name: str) -> Any:
        stock.append(name)
        return record(name)

    monkeypatch.setattr(schemas, "migrate_and_record", counted)
    outcome = migrator.migrate_tenants()
    assert (outcome.migrated, outcome.busy) == (3, [])
    assert stock == [tenants[0].schema_name]
    for tenant in tenants:
        assert NEWEST in schemas.applied_migrations(tenant.schema_name)
    assert migrator.migrate_tenants().migrated == 0


@pytest.mark.slow
def test_a_tenant_that_is_busy_is_named_and_taken_up_by_the_next_run(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _first, second = behind("a.localhost", "b.localhost")
    monkeypatch.setattr(migrator, "LOCK_TIMEOUT", "50ms")
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {second.schema_name}.account_emailaddress IN ROW EXCLUSIVE MODE")
        outcome = migrator.migrate_tenants()
        assert (outcome.migrated, outcome.busy) == (1, [second.schema_name])
    finally:
        holder.rollback()
        holder.close()
    assert migrator.migrate_tenants().migrated == 1
