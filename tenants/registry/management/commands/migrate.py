"""``banyan migrate``: the shared schema, every tenant's, and the pool of ready ones."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kernel.database.autodetector import WordlessAutodetector
from kernel.tenancy import connection
from tenants.registry import migrator, schemas, service_role

FIRST_READY = 4
"""So many schemas are made at once; Celery makes the rest of the pool."""


class Command(BaseCommand):
    """Takes the place of Django's and django-tenants' own ``migrate``; safe to run again at any time."""

    requires_system_checks = ()
    autodetector = WordlessAutodetector  # Django checks that it is makemigrations' own
    help = (
        "Bring the shared schema, every tenant's schema and the pool of ready ones to the present migrations."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--shared", action="store_true", help="only the shared schema")
        parser.add_argument(
            "--fill", type=int, default=None, help=f"schemas to make ready now (default {FIRST_READY})"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; exit code 1 names the schemas that were busy, running it again takes them up."""
        quiet = options["json"] or options["verbosity"] == 0
        _connect_as_owner()
        migrator.migrate_public(verbosity=0 if quiet else 1)
        if settings.SERVICE_ROLE:
            service_role.grant(settings.SERVICE_ROLE)
        if options["shared"]:
            return
        columns = (
            TextColumn("{task.description:<16}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        fill = min(FIRST_READY, settings.READY_SCHEMAS) if options["fill"] is None else options["fill"]
        with Progress(*columns, console=Console(stderr=True, quiet=quiet)) as progress:
            outcome = migrator.migrate_tenants(_bar(progress, "tenants"))
            dropped = schemas.drop_outdated(_bar(progress, "outdated schemas"))
            schemas.ensure_script()
            new_schemas = schemas.fill_pool(fill, _bar(progress, "ready schemas"))
        if options["json"]:
            facts = {
                "tenants": outcome.migrated,
                "busy": outcome.busy,
                "dropped": dropped,
                "made": new_schemas,
            }
            self.stdout.write(json.dumps(facts))
        elif options["verbosity"]:
            self.stdout.write(
                f"{outcome.migrated} tenants migrated, {new_schemas} schemas made ready, "
                f"{dropped} outdated dropped"
            )
        if outcome.busy:
            raise CommandError(
                f"busy for {migrator.LOCK_TIMEOUT}: {', '.join(outcome.busy)}; run banyan migrate again"
            )


def _connect_as_owner() -> None:
    """Go on as the role that owns the tables, where it is another than the service's."""
    if settings.MIGRATION_DATABASE:
        connection.close()
        connection.close_pool()
        connection.settings_dict.update(settings.MIGRATION_DATABASE)
    elif settings.IN_PRODUCTION:
        raise CommandError(
            "MIGRATION_DATABASE_URL must name the role that owns the tables: the service's may not"
        )


def _bar(progress: Progress, title: str) -> migrator.Report:
    bar = progress.add_task(title, total=0, visible=False)

    def report(done: int, total: int) -> None:
        progress.update(bar, completed=done, total=total, visible=True)

    return report
