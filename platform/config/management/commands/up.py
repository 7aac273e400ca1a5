"""``banyan up``: the whole service in one terminal, kept running until it is stopped."""

import json
import os
import secrets
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from config.env import env
from kernel.processes.supervisor import (
    MARK,
    Program,
    Server,
    Supervisor,
    asked_to_stop,
    end_leftovers,
    only_one,
    python,
)

if env.embedded_database or env.embedded_valkey:
    # The wheels of the servers are not installed in production.
    from kernel.processes.embedded import EmbeddedPostgres, EmbeddedValkey

PATIENCE_SECONDS = 30
"""So often a start that takes long says what it waits for. It is never given up while its processes live."""
MOST_DEATHS = 5
"""A part that died so often before anything was ready will not get ready."""
INSTANCE = secrets.token_hex(8)
"""Another program may listen on our port: only what answers with this word is our own."""
COUNTS = env.BANYAN_VAR / "run" / "counts"
CELERY = ("celery", "--app", "config.celery", "--quiet")


class Command(BaseCommand):
    """Starts PostgreSQL and Valkey unless addresses are given, migrates, then web, worker, beat, sandbox."""

    help = "Run the whole service here. Ctrl-C or SIGTERM stops all of it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help="print events as JSON lines")
        parser.add_argument("--ready-file", type=Path, help="write the address here when everything answers")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped. Exit code 1 and a sentence if it cannot start."""
        console = Console()

        def say(event: str, part: str, detail: str) -> None:
            if options["json"]:
                line = {"event": event, "part": part, "detail": detail, "at": time.time()}
                self.stdout.write(json.dumps(line))
                self.stdout.flush()
            else:
                tone = {"died": "red", "restarted": "yellow", "ready": "bold green"}.get(event, "dim")
                console.print(f"[{tone}]{event:<10}[/] {part} {detail}", highlight=False)

        with only_one(env.BANYAN_VAR / "up.lock") as is_alone:
            if not is_alone:
                raise CommandError(f"another 'banyan up' serves {env.BANYAN_VAR}; stop it, or set BANYAN_VAR")
            self._run(Supervisor(say), options["ready_file"])

    def _run(self, supervisor: Supervisor, ready_file: Path | None) -> None:
        end_leftovers(str(env.BANYAN_VAR))
        shutil.rmtree(COUNTS, ignore_errors=True)  # the counts of the last run's web processes
        for name, port in (("PORT", env.PORT), ("SANDBOX_PORT", env.SANDBOX_PORT)):
            if (name == "PORT" or env.sandbox) and not _is_free(port):
                raise CommandError(f"port {port} is taken; choose another: {name}={port + 10} banyan up")
        with asked_to_stop(supervisor):
            try:
                for name, server in _servers():
                    supervisor.add(name, server)
                for name, arguments in _preparations():
                    _run_once(supervisor, name, arguments)
                for name, program in _programs():
                    supervisor.add(name, program)
                self._wait_until_ready(supervisor)
                if ready_file and not supervisor.stopping:
                    _write_ready(ready_file)
                supervisor.watch()
            finally:
                if ready_file:
                    ready_file.unlink(missing_ok=True)
                supervisor.stop()

    def _wait_until_ready(self, supervisor: Supervisor) -> None:
        """Wait for as long as it takes: a busy machine may need minutes, and nothing is wrong with that."""
        said = time.monotonic()

        def is_over() -> bool:
            nonlocal said
            missing = _missing()
            if time.monotonic() - said > PATIENCE_SECONDS:
                said = time.monotonic()
                supervisor.say("waiting", "banyan", f"for {', '.join(missing)}")
            return not missing or bool(supervisor.deaths_above(MOST_DEATHS))

        supervisor.watch(until=is_over)
        if supervisor.stopping:
            return
        if hopeless := supervisor.deaths_above(MOST_DEATHS):
            raise CommandError(f"{hopeless} died {MOST_DEATHS} times; see {_log(hopeless)}")
        supervisor.say("ready", "banyan", f"http://{env.PLATFORM_HOST}:{env.PORT}/")


def _servers() -> list[tuple[str, Server]]:
    servers: list[tuple[str, Server]] = []
    if env.embedded_database:
        servers.append(("postgres", EmbeddedPostgres(env.BANYAN_VAR)))
    if env.embedded_valkey:
        servers.append(("valkey", EmbeddedValkey(env.BANYAN_VAR)))
    return servers


def _preparations() -> list[tuple[str, list[str]]]:
    """Return what is run once before: in production the owner of the tables migrates, if we know it."""
    steps = []
    if env.MIGRATION_DATABASE_URL or not env.production:
        steps.append(("migrate", python("config.cli", "migrate")))
    if env.production:
        steps.append(("collectstatic", python("config.cli", "collectstatic", "--noinput")))
    return steps


def _programs() -> list[tuple[str, Program]]:
    web = [
        "--interface",
        "wsgi",
        "--host",
        env.BIND,
        "--port",
        str(env.PORT),
        "--workers",
        str(env.WEB_WORKERS),
    ]
    web += ["--blocking-threads", "4", "--respawn-failed-workers", "--respawn-interval", "0.2"]
    web += ["--workers-kill-timeout", "10", "--no-access-log", "config.wsgi:application"]
    worker = ["worker", "--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    beat = ["beat", "--pidfile", "", "--loglevel", "WARNING"]
    programs = [("web", python("granian", *web))]
    if env.sandbox and "sandbox" in get_commands():
        programs.insert(0, ("sandbox", python("config.cli", "sandbox", "--port", str(env.SANDBOX_PORT))))
    programs += [("worker", python(*CELERY, *worker)), ("beat", python(*CELERY, *beat))]
    return [(name, Program(name, arguments, _environment(), _log(name))) for name, arguments in programs]


def _environment() -> dict[str, str]:
    """Return the environment of what serves: it never learns the password of the tables' owner."""
    inherited = {name: text for name, text in os.environ.items() if name != "MIGRATION_DATABASE_URL"}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "PYTHONUNBUFFERED": "1",
        "BANYAN_INSTANCE": INSTANCE,
        "PROMETHEUS_MULTIPROC_DIR": str(COUNTS),
        MARK: str(env.BANYAN_VAR),
    }


def _run_once(supervisor: Supervisor, name: str, arguments: list[str]) -> None:
    owner = {"MIGRATION_DATABASE_URL": env.MIGRATION_DATABASE_URL}
    program = Program(name, arguments, _environment() | owner, _log(name))
    program.start()
    assert program.process
    try:
        supervisor.watch(until=lambda: program.process is None or program.process.poll() is not None)
    finally:
        program.stop()
    if program.process.returncode and not supervisor.stopping:
        sys.stderr.write(_log(name).read_text(errors="replace")[-4000:])
        raise CommandError(f"{name} failed; the whole story is in {_log(name)}")
    supervisor.say("done", name, "")


def _log(name: str) -> Path:
    return env.BANYAN_VAR / "log" / f"{name}.log"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((env.BIND, port))
        except OSError:
            return False
    return True


def _missing() -> list[str]:
    """Return the parts that are not ready yet: those that our own /readyz names, the web, or the sandbox."""
    try:
        if env.sandbox:
            _fetch(f"{env.sandbox_url}/")
    except (OSError, ValueError):
        return ["sandbox"]
    try:
        parts = json.loads(_fetch(f"http://127.0.0.1:{env.PORT}/readyz"))
    except (OSError, ValueError):
        return ["web"]
    if parts.get("instance") != INSTANCE:
        return ["web"]
    return sorted(
        name for name, is_ready in parts.items() if is_ready is False and name not in {"ok", "shops"}
    )


def _fetch(address: str) -> bytes:
    """Return what our own process answers, whatever its status. Raises OSError without an answer."""
    try:
        with urllib.request.urlopen(address, timeout=30) as response:  # noqa: S310 - our own addresses
            return bytes(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return bytes(error.read())


def _write_ready(path: Path) -> None:
    facts = {"url": f"http://{env.PLATFORM_HOST}:{env.PORT}/", "port": env.PORT, "pid": os.getpid()}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(facts))
    draft.replace(path)
