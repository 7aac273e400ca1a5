"""``banyan doctor``: what is well, what is not, and what to do about it."""

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from rich.console import Console
from rich.table import Table

from config import readiness
from config.env import DEFAULT_SECRET, env
from config.readiness import ReadinessCheck
from kernel import metrics
from kernel.tenancy import in_public
from tenants.registry import schemas
from tenants.registry.models import Tenant

OLD_SECONDS, MAIL_OLD_SECONDS = 60, 300


class Command(BaseCommand):
    """Checks the environment, the servers and the age of every queue; changes nothing."""

    help = "Say what is well and what is not. Exit code 1 if something is not."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything and print it."""
        checks = list(_checks())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(check) for check in checks]))
        else:
            table = Table(box=None, show_header=False, pad_edge=False)
            for check in checks:
                mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
                table.add_row(mark, check.name, check.says, "" if check.ok else f"→ {check.remedy}")
            Console().print(table)
        if not all(check.ok for check in checks):
            sys.exit(1)


def _checks() -> Iterator[ReadinessCheck]:
    yield ReadinessCheck(
        "python", sys.version_info >= (3, 12), sys.version.split()[0], "use Python 3.12 or newer"
    )
    yield ReadinessCheck("environment", ok=True, says=f"{env.BANYAN_ENV}, files in {env.BANYAN_VAR}")
    is_secret = env.SECRET_KEY != DEFAULT_SECRET or not env.production
    yield ReadinessCheck(
        "secret key",
        is_secret,
        "set" if is_secret else "the default",
        "set SECRET_KEY to 50 random characters",
    )
    yield from readiness.checks()
    yield _web()
    free_gib = shutil.disk_usage(_existing_folder(env.BANYAN_VAR)).free // 2**30
    yield ReadinessCheck(
        "disk", free_gib >= 2, f"{free_gib} GiB free", "make room: PostgreSQL stops when the disk is full"
    )
    try:
        with in_public():
            yield from _queues()
            yield _migrations()
    except DatabaseError:
        return  # "database" or "role" said so


def _existing_folder(path: Path) -> Path:
    """Return the nearest folder above ``path`` that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _web() -> ReadinessCheck:
    with socket.socket() as probe:
        probe.settimeout(2)
        answers = probe.connect_ex(("127.0.0.1", env.PORT)) == 0
    return ReadinessCheck("web", answers, f"port {env.PORT}", "run banyan up")


def _queues() -> Iterator[ReadinessCheck]:
    outbox_age = metrics.value("outbox_age_seconds")
    mail_age = metrics.value("mail_age_seconds")
    stuck_events = metrics.value("events_stuck")
    ready_schemas = metrics.value("ready_schemas")
    yield ReadinessCheck(
        "outbox", outbox_age < OLD_SECONDS, f"oldest event {outbox_age:.0f} s", "is the worker running?"
    )
    yield ReadinessCheck(
        "mail",
        mail_age < MAIL_OLD_SECONDS,
        f"oldest mail {mail_age:.0f} s",
        "does the mail server of EMAIL_URL answer? See what is stuck in the central console",
    )
    yield ReadinessCheck(
        "stuck events", stuck_events == 0, f"{stuck_events:.0f}", "see what is stuck in the central console"
    )
    yield ReadinessCheck(
        "ready schemas",
        ready_schemas > 0,
        f"{ready_schemas:.0f}",
        "is the worker running? banyan migrate makes some",
    )


def _migrations() -> ReadinessCheck:
    behind = (
        Tenant.objects.filter(state=Tenant.State.ACTIVE).exclude(fingerprint=schemas.fingerprint()).count()
    )
    return ReadinessCheck("migrations", behind == 0, f"{behind} shops are behind", "run banyan migrate")
