"""The whole service as processes, in a folder and on ports of its own, for tests that must see it die."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil
import pytest

from tests.support import cluster

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 600


class Service:
    """One ``banyan up``; may be started again after it died."""

    def __init__(self, var: Path) -> None:
        self.var, self.ready = var, var / "ready"
        self.port, sandbox_port = free_ports(2)
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        self.environment = kept | {
            "BANYAN_ENV": "development",
            "BANYAN_VAR": str(var),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(sandbox_port),
            "READY_SCHEMAS": "4",
            "PYTHONUNBUFFERED": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until everything answers."""
        self.var.mkdir(parents=True, exist_ok=True)
        if not (self.var / "postgres").exists():
            cluster.copy(self.var)
        self.ready.unlink(missing_ok=True)
        with (self.var / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.cli", "up", "--json", "--ready-file", str(self.ready)],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the service did not start:\n{(self.var / 'up.log').read_text()[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it as Ctrl-C would."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(START_SECONDS)

    def kill(self, *words: str, deepest: bool = True) -> int:
        """SIGKILL the deepest, else the first, process below whose command has all words; return its pid."""
        assert self.process
        while True:
            below = psutil.Process(self.process.pid).children(recursive=True)
            if matching := [process for process in below if all(word in _command(process) for word in words)]:
                victim = matching[-1 if deepest else 0]
                victim.kill()
                return int(victim.pid)
            time.sleep(0.1)

    def kill_everything(self) -> None:
        """Send SIGKILL to ``banyan up`` and all its children at once, as a power cut would."""
        assert self.process
        for process in [
            *psutil.Process(self.process.pid).children(recursive=True),
            psutil.Process(self.process.pid),
        ]:
            with suppress(psutil.NoSuchProcess):  # some go by themselves when their parent is gone
                process.kill()
        self.process.wait()

    def events(self) -> list[tuple[str, str]]:
        """Return (event, part) of what ``banyan up`` has said so far."""
        lines = (self.var / "up.log").read_text().splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        return [(line["event"], line["part"]) for line in said if "event" in line]

    @contextmanager
    def running(self, module: str, *arguments: str) -> Iterator[IO[str]]:
        """Run a module of ours beside the service, with its environment; yields what it prints.

        Raises RuntimeError with its last words if it ends with an error.
        """
        log = self.var / f"{module}.log"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=self.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert process.stdout
        try:
            with process.stdout as lines:
                yield lines
                lines.read()
            process.wait()
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise RuntimeError(f"{module} failed:\n{log.read_text()[-3000:]}")


def _command(process: psutil.Process) -> str:
    """Return the command line, empty if the process has just gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service, stocked, with the demo's shops hejian, snatch and corner open.

    There is one for all tests, whose parts some of them kill; in the end it stops and leaves nothing.
    """
    running = Service(tmp_path_factory.mktemp("service") / "var")
    running.start()
    try:
        with running.running("tests.journeys.stock"):
            pass
        yield running
    finally:
        running.stop()
    assert running.process
    assert running.process.returncode == 0
    assert not running.ready.exists()


_NOT_OURS = {
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "DATABASE_URL",
    "VALKEY_URL",
    "DATABASE_POOL",
    "BANYAN_TEST_RUN",
    "PYTEST_XDIST_WORKER",
}


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on at this moment."""
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
