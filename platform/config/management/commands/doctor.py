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
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    says: str
    remedy: str = ""


class Command(BaseCommand):
    """Looks at the environment, the servers and the age of every queue; changes nothing."""

    help = "Say what is well and what is not. Exit code 1 if something is not."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at everything, print it, exit."""
        findings = list(_look())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings]))
        else:
            table = Table(box=None, show_header=False, pad_edge=False)
            for finding in findings:
                mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
                table.add_row(mark, finding.name, finding.says, "" if finding.ok else f"→ {finding.remedy}")
            Console().print(table)
        if not all(finding.ok for finding in findings):
            sys.exit(1)


def _look() -> Iterator[Finding]:
    yield Finding("python", sys.version_info >= (3, 12), sys.version.split()[0], "use Python 3.12 or newer")
    yield Finding("environment", ok=True, says=f"{env.BANYAN_ENV}, files in {env.BANYAN_VAR}")
    safe = env.SECRET_KEY != DEFAULT_SECRET or not env.production
    yield Finding(
        "secret key", safe, "set" if safe else "the default", "set SECRET_KEY to 50 random characters"
    )
    yield _database()
    yield _cache()
    yield _web()
    free = shutil.disk_usage(_existing(env.BANYAN_VAR)).free // 2**30
    yield Finding("disk", free >= 2, f"{free} GiB free", "make room: PostgreSQL stops when the disk is full")
    yield from _queues()


def _existing(path: Path) -> Path:
    """Return the nearest folder above ``path`` that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _database() -> Finding:
    where = "embedded" if env.embedded_database else "DATABASE_URL"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0]) // 10000
    except DatabaseError as error:
        return Finding(
            "database",
            ok=False,
            says=f"{where}: {str(error).splitlines()[0]}",
            remedy="run banyan up, or set DATABASE_URL",
        )
    return Finding(
        "database", version >= 18, f"{where}: PostgreSQL {version}", "PostgreSQL 18 is needed (uuidv7)"
    )


def _cache() -> Finding:
    where = "embedded" if env.embedded_valkey else "VALKEY_URL"
    try:
        with redis.Redis.from_url(valkey(0)) as link:
            link.ping()
    except (redis.RedisError, OSError) as error:
        return Finding("cache", ok=False, says=f"{where}: {error}", remedy="run banyan up, or set VALKEY_URL")
    return Finding("cache", ok=True, says=where)


def _web() -> Finding:
    with socket.socket() as probe:
        probe.settimeout(2)
        answers = probe.connect_ex(("127.0.0.1", env.PORT)) == 0
    return Finding("web", answers, f"port {env.PORT}", "run banyan up")


def _queues() -> Iterator[Finding]:
    try:
        outbox = metrics.value("outbox_age_seconds")
        stuck = metrics.value("outbox_stuck")
        ready = metrics.value("ready_schemas")
    except DatabaseError:
        return
    yield Finding("outbox", outbox < OLD_SECONDS, f"oldest event {outbox:.0f} s", "is the worker running?")
    yield Finding("stuck events", stuck == 0, f"{stuck:.0f}", "see last_error in kernel_outboxevent")
    yield Finding(
        "ready schemas", ready > 0, f"{ready:.0f}", "is the worker running? banyan migrate makes some"
    )
