"""Schemas of tenants: how one is made in milliseconds, and the pool of those made beforehand.

The statements are collected once per state of the migrations, by running the stock migrations in a
scratch schema and writing down what they send. Replaying them in the database makes a schema in under a
tenth of a second; claiming one that is ready takes one statement. All schemas belong to the role that
migrates; the service, which connects as another, makes and drops them by functions of the database.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as StockMigrate
from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext_lazy as _

from kernel.database.sql_files import files_of
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.tenancy import PUBLIC, connection, in_public
from tenants.registry.models import ReadySchema, SchemaScript

SCRATCH = "t_scratch"
POOL_LOCK = 0x42414E59
"""Advisory lock: one process at a time collects statements or fills the pool."""
_TOKEN = re.compile(r"(\$\w*\$).*?\1|'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|;", re.DOTALL)
_WRITES_NO_SCHEMA = (
    "SELECT",
    "SET ",
    "SHOW",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    'INSERT INTO "DJANGO_MIGRATIONS"',
)


@cache
def fingerprint() -> str:
    """Hash the migrations of the tenants' apps: SHA-256 over the names and texts of their files, SQL too."""
    digest = hashlib.sha256()
    for app in tenant_apps():
        folder = Path(app.path)
        for file in [*sorted((folder / "migrations").glob("*.py")), *files_of(folder)]:
            digest.update(f"{app.label}/{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def tenant_apps() -> list[Any]:
    """Return the configurations of the apps that have tables in a tenant's schema."""
    return [app for app in apps.get_app_configs() if app.name in settings.TENANT_APPS]


def new_schema_name() -> str:
    """Return a fresh opaque name: it is for good, whatever its tenant will be called."""
    return f"t_{new_id().hex}"


def script() -> list[str]:
    """Return the statements that make a tenant's schema now, collecting them first if nobody has yet.

    Collecting takes about a second and must not happen inside a transaction.
    """
    stored = SchemaScript.objects.filter(fingerprint=fingerprint()).first()
    if stored is None:
        with pool_lock():
            stored = SchemaScript.objects.filter(fingerprint=fingerprint()).first()
            if stored is None:
                stored = SchemaScript.objects.create(fingerprint=fingerprint(), statements=_collect())
    return list(stored.statements)


def ensure_script() -> None:
    """Collect the statements unless that was done before: `banyan migrate` does, as the owner of the tables.

    Must not run inside a transaction.
    """
    if not SchemaScript.objects.filter(fingerprint=fingerprint()).exists():
        script()


def create_schema(name: str) -> None:
    """Create schema ``name`` as the present migrations make it; ``ensure_script`` goes before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry_create_schema(%s, %s)", [name, fingerprint()])


def drop_schema(name: str) -> None:
    """Drop schema ``name`` and what is in it, if it is there. Raises Conflict for that of an open shop."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry_drop_schema(%s)", [name])


@joins_transaction
def replay(name: str, statements: Sequence[str]) -> None:
    """Send ``statements`` to schema ``name``, one by one in a pipeline. Must run inside a transaction."""
    connection.ensure_connection()
    link = connection.connection
    with link.pipeline(), link.cursor() as cursor:
        cursor.execute(f'SET LOCAL search_path = "{name}", {PUBLIC}')
        for statement in statements:
            cursor.execute(statement)
    # Django believes the search path is as it left it.
    connection.search_path_set_schemas = None


def claim() -> str:
    """Take a schema out of the pool, or make one now if the pool is empty; return its name.

    Must run inside a transaction, whose rollback puts the schema back. Two claims never wait for
    each other nor get the same schema.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM registry_readyschema WHERE schema_name = ("
            " SELECT schema_name FROM registry_readyschema WHERE fingerprint = %s"
            " ORDER BY created_at, schema_name LIMIT 1 FOR UPDATE SKIP LOCKED"
            ") RETURNING schema_name",
            [fingerprint()],
        )
        row = cursor.fetchone()
    if row:
        return str(row[0])
    name = new_schema_name()
    create_schema(name)
    return name


def fill_pool(target: int, report: Callable[[int, int], None] | None = None) -> int:
    """Make schemas until ``target`` are ready; return how many were made. One transaction each."""
    with in_public(), pool_lock(wait=False) as is_held:
        if not is_held:
            return 0
        missing = target - ReadySchema.objects.filter(fingerprint=fingerprint()).count()
        if missing > 0:
            ensure_script()
        for number in range(missing):
            with transaction.atomic():
                name = new_schema_name()
                create_schema(name)
                ReadySchema.objects.create(schema_name=name, fingerprint=fingerprint())
            if report:
                report(number + 1, missing)
    return max(missing, 0)


def drop_outdated(report: Callable[[int, int], None] | None = None) -> int:
    """Drop ready schemas that older migrations made; return how many. Claimed ones are left alone."""
    names = list(ReadySchema.objects.exclude(fingerprint=fingerprint()).values_list("schema_name", flat=True))
    for number, name in enumerate(names, 1):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM registry_readyschema WHERE schema_name = %s RETURNING 1", [name])
            if cursor.fetchone():
                drop_schema(name)
        if report:
            report(number, len(names))
    return len(names)


@contextmanager
def pool_lock(*, wait: bool = True) -> Iterator[bool]:
    """Hold the advisory lock of the pool for the block; yields whether it was got. Re-entrant."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_{'' if wait else 'try_'}advisory_lock(%s)", [POOL_LOCK])
        is_held = wait or bool(cursor.fetchone()[0])
    try:
        yield is_held
    finally:
        if is_held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [POOL_LOCK])


def migrate_and_record(name: str) -> list[str]:
    """Run the stock migrations in schema ``name`` and return the statements that would do the same again.

    Must run outside a transaction. Statements stand alone, name no schema, and bring the rows of
    ``django_migrations`` with them.
    """
    before = applied_migrations(name)
    sent: list[str] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        text = str(sql).strip()
        if not text.upper().startswith(_WRITES_NO_SCHEMA):
            if params:
                text = str(connection.ops.compose_sql(text, params))
            sent.extend(split_statements(text))
        return execute(sql, params, many, context)

    try:
        connection.set_schema(name, include_public=False)
        with connection.execute_wrapper(record):
            MigrationRecorder(connection).ensure_schema()
            connection.set_schema(name)
            call_command(StockMigrate(), interactive=False, verbosity=0, skip_checks=True)
    finally:
        connection.set_schema_to_public()
    if wrong := [statement for statement in sent if name in statement]:
        raise RuntimeError(f"a migration names its schema and cannot be replayed: {wrong[0][:200]}")
    rows = sorted(applied_migrations(name) - before)
    values = ", ".join(f"('{app}', '{migration}', now())" for app, migration in rows)
    if values:
        sent.append(f"INSERT INTO django_migrations (app, name, applied) VALUES {values}")  # noqa: S608 - names of files
    return sent


def applied_migrations(name: str) -> set[tuple[str, str]]:
    """Return (app, migration) of what schema ``name`` says was applied to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f'"{name}".django_migrations'])
        if cursor.fetchone()[0] is None:
            return set()
        cursor.execute(f'SELECT app, name FROM "{name}".django_migrations')  # noqa: S608 - our own name
        return {(app, migration) for app, migration in cursor.fetchall()}


def split_statements(sql: str) -> list[str]:
    """Split at the semicolons that are outside of quotes, dollar quotes and comments."""
    parts, start = [], 0
    for token in _TOKEN.finditer(sql):
        if token.group() == ";":
            parts.append(sql[start : token.start()])
            start = token.end()
    parts.append(sql[start:])
    return [part.strip() for part in parts if part.strip()]


def _collect() -> list[str]:
    drop_schema(SCRATCH)
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        if not cursor.fetchone()[0]:
            raise Conflict(
                _("the database does not have the migrations of this release"), remedy=_("run banyan migrate")
            )
        cursor.execute(f"CREATE SCHEMA {SCRATCH}")
    try:
        return migrate_and_record(SCRATCH)
    finally:
        drop_schema(SCRATCH)
