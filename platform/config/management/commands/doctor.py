"""``banyan doctor``: what is well, what is not, and what to do about it."""

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from rich.console import Console
from rich.table import Table

from config.env import DEFAULT_SECRET, env
from config.settings.data import valkey
from kernel import metrics

OLD_SECONDS = 60


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """One thing that was checked; ``says`` is what was seen, ``remedy`` what to do if it is not ok."""

    name: str
    ok: bool
    says: str
    remedy: str = ""


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


def _checks() -> Iterator[DoctorCheck]:
    yield DoctorCheck(
        "python", sys.version_info >= (3, 12), sys.version.split()[0], "use Python 3.12 or newer"
    )
    yield DoctorCheck("environment", ok=True, says=f"{env.BANYAN_ENV}, files in {env.BANYAN_VAR}")
    is_secret = env.SECRET_KEY != DEFAULT_SECRET or not env.production
    yield DoctorCheck(
        "secret key",
        is_secret,
        "set" if is_secret else "the default",
        "set SECRET_KEY to 50 random characters",
    )
    yield _database()
    yield _cache()
    yield _web()
    free_gib = shutil.disk_usage(_existing_folder(env.BANYAN_VAR)).free // 2**30
    yield DoctorCheck(
        "disk", free_gib >= 2, f"{free_gib} GiB free", "make room: PostgreSQL stops when the disk is full"
    )
    yield from _queues()


def _existing_folder(path: Path) -> Path:
    """Return the nearest folder above ``path`` that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _database() -> DoctorCheck:
    source = "embedded" if env.embedded_database else "DATABASE_URL"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0]) // 10000
    except DatabaseError as error:
        return DoctorCheck(
            "database",
            ok=False,
            says=f"{source}: {str(error).splitlines()[0]}",
            remedy="run banyan up, or set DATABASE_URL",
        )
    return DoctorCheck(
        "database", version >= 18, f"{source}: PostgreSQL {version}", "PostgreSQL 18 is needed (uuidv7)"
    )


def _cache() -> DoctorCheck:
    source = "embedded" if env.embedded_valkey else "VALKEY_URL"
    try:
        with redis.Redis.from_url(valkey(0)) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return DoctorCheck(
            "cache", ok=False, says=f"{source}: {error}", remedy="run banyan up, or set VALKEY_URL"
        )
    return DoctorCheck("cache", ok=True, says=source)


def _web() -> DoctorCheck:
    with socket.socket() as probe:
        probe.settimeout(2)
        answers = probe.connect_ex(("127.0.0.1", env.PORT)) == 0
    return DoctorCheck("web", answers, f"port {env.PORT}", "run banyan up")


def _queues() -> Iterator[DoctorCheck]:
    try:
        outbox_age = metrics.value("outbox_age_seconds")
        stuck_events = metrics.value("outbox_stuck")
        ready_schemas = metrics.value("ready_schemas")
    except DatabaseError:
        return
    yield DoctorCheck(
        "outbox", outbox_age < OLD_SECONDS, f"oldest event {outbox_age:.0f} s", "is the worker running?"
    )
    yield DoctorCheck(
        "stuck events", stuck_events == 0, f"{stuck_events:.0f}", "see last_error in kernel_event"
    )
    yield DoctorCheck(
        "ready schemas",
        ready_schemas > 0,
        f"{ready_schemas:.0f}",
        "is the worker running? banyan migrate makes some",
    )
