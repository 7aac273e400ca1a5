"""Bringing every tenant's schema to the present migrations.

The first tenant of a group is migrated by the stock executor, which also shows what statements that
takes; the others get those statements in a loop, one transaction each with a lock timeout. So a fault
shows at the first tenant, before the others are changed, and breaking off at any point loses nothing:
run it again. Migrations that run Python, or that cannot be in a transaction, go by the stock executor.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.core.management import call_command
from django.core.management.commands.migrate import Command as StockMigrate
from django.db import transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from psycopg.errors import LockNotAvailable

from kernel.tenancy import connection
from tenants.registry import schemas
from tenants.registry.models import Tenant

LOCK_TIMEOUT = "5s"
Report = Callable[[int, int], None]


@dataclass(slots=True)
class Outcome:
    """How many schemas were brought up to date, and those that were busy too long (run it again)."""

    migrated: int = 0
    busy: list[str] = field(default_factory=list)


def migrate_public(verbosity: int = 1) -> None:
    """Bring "public" to the present migrations by the stock executor."""
    connection.set_schema_to_public()
    call_command(StockMigrate(), interactive=False, verbosity=verbosity, skip_checks=True)


def migrate_tenants(report: Report | None = None) -> Outcome:
    """Bring the schemas of all active tenants to the present migrations."""
    outcome = Outcome()
    behind = list(
        Tenant.objects.filter(state=Tenant.State.ACTIVE)
        .exclude(fingerprint=schemas.fingerprint())
        .order_by("created_at", "id")
    )
    groups: dict[frozenset[tuple[str, str]], list[Tenant]] = defaultdict(list)
    for tenant in behind:
        groups[frozenset(schemas.applied_migrations(tenant.schema_name))].append(tenant)
    for applied, (first, *others) in groups.items():
        statements = schemas.migrate_and_record(first.schema_name)
        _finished(first, outcome, len(behind), report)
        replayable = _replayable(schemas.applied_migrations(first.schema_name) - applied)
        for tenant in others:
            if replayable:
                _replay(tenant, statements, outcome)
            else:
                schemas.migrate_and_record(tenant.schema_name)
            if tenant.schema_name not in outcome.busy:
                _finished(tenant, outcome, len(behind), report)
    return outcome


def _replay(tenant: Tenant, statements: list[str], outcome: Outcome) -> None:
    try:
        with transaction.atomic(durable=True):
            schemas.replay(tenant.schema_name, [f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'", *statements])
    except LockNotAvailable:
        outcome.busy.append(tenant.schema_name)


def _finished(tenant: Tenant, outcome: Outcome, total: int, report: Report | None) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(fingerprint=schemas.fingerprint())
    outcome.migrated += 1
    if report:
        report(outcome.migrated, total)


def _replayable(names: Iterable[tuple[str, str]]) -> bool:
    known = MigrationLoader(None).disk_migrations
    labels = {app.label for app in schemas.tenant_apps()}
    migrations = [known[name] for name in names if name[0] in labels]
    return all(
        migration.atomic and not any(_runs_python(step) for step in migration.operations)
        for migration in migrations
    )


def _runs_python(step: Operation) -> bool:
    if isinstance(step, SeparateDatabaseAndState):
        return any(_runs_python(inner) for inner in step.database_operations)
    return isinstance(step, RunPython) or not step.reduces_to_sql
