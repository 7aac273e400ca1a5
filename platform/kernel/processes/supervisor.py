"""Keeping a handful of processes running together: start, watch, restart, stop.

Every child runs in a session of its own, so that it goes with all its own children, and the kernel stops
it when this process dies. What a ``kill -9`` of everything still leaves behind bears a mark
in its environment and is removed by the next start.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kernel.processes.children import die_with_parent

MARK = "BANYAN_SUPERVISED_BY"
POLL_SECONDS = 0.1
STOP_SECONDS = 20
STEADY_SECONDS = 20
"""A child that ran this long is taken as healthy: its next restart is immediate."""
LONGEST_PAUSE = 10.0


class Server(Protocol):
    """Something that starts and waits until it answers, e.g. an embedded PostgreSQL."""

    process: subprocess.Popen[bytes] | None

    def start(self) -> None:
        """Start and wait until it answers."""

    def stop(self) -> None:
        """Stop it gently."""


@dataclass(slots=True)
class Program:
    """A program that is run as a child; its output goes to ``<name>.log`` in the log folder."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program; it is up when it says so elsewhere."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.environment),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def stop(self) -> None:
        """Ask it to end, wait, then end what is left of its session."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        end_session(self.process.pid)
        self.process.wait()


@dataclass(slots=True)
class _Child:
    name: str
    server: Server
    started: float = 0.0
    pause: float = 0.0
    again_at: float | None = None
    restarts: int = 0


@dataclass(slots=True)
class Supervisor:
    """Runs children until stopped. ``say`` gets (event, child, detail) for whoever watches."""

    say: Callable[[str, str, str], None]
    stopping: bool = False
    _children: list[_Child] = field(default_factory=list)

    def add(self, name: str, server: Server) -> None:
        """Start a child now and keep it running from now on."""
        server.start()
        self._children.append(_Child(name, server, started=time.monotonic()))
        self.say("started", name, "")

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what dies, until ``until()`` is true or a stop was asked for."""
        while not self.stopping and not until():
            for child in self._children:
                self._look_after(child)
            time.sleep(POLL_SECONDS)

    def deaths_above(self, most: int) -> str:
        """Return the name of a child that had to be started again so often or more; "" if none had."""
        return next((child.name for child in self._children if child.restarts >= most), "")

    def stop(self) -> None:
        """Stop all children, the last one started first."""
        self.stopping = True
        while self._children:
            child = self._children.pop()
            child.server.stop()
            self.say("stopped", child.name, "")

    def _look_after(self, child: _Child) -> None:
        process = child.server.process
        if child.again_at is None:
            if process is None or process.poll() is None:
                return
            end_session(process.pid)
            steady = time.monotonic() - child.started > STEADY_SECONDS
            child.pause = 0.0 if steady else min(LONGEST_PAUSE, child.pause * 2 or 0.25)
            child.again_at = time.monotonic() + (child.pause if child.restarts else 0.0)
            self.say("died", child.name, f"exit code {process.returncode}")
        if time.monotonic() >= child.again_at:
            child.restarts += 1
            child.started = time.monotonic()
            try:
                child.server.start()
            except (OSError, RuntimeError) as error:
                child.pause = min(LONGEST_PAUSE, child.pause * 2 or 0.25)
                child.again_at = time.monotonic() + child.pause
                self.say("failed", child.name, str(error))
            else:
                child.again_at = None
                self.say("restarted", child.name, "")


def end_session(leader: int) -> None:
    """Kill what is left of the session that ``leader`` began; it may itself be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_leftovers(mark: str) -> int:
    """Kill processes that an earlier supervisor with this mark left behind; return how many."""
    own_mark = f"{MARK}={mark}".encode()
    killed = 0
    for entry in Path("/proc").glob("[0-9]*/environ"):
        pid = int(entry.parent.name)
        with contextlib.suppress(OSError):
            if pid != os.getpid() and own_mark in entry.read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


@contextmanager
def only_one(lock: Path) -> Iterator[bool]:
    """Hold a lock file for the block; yields False if another process holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def asked_to_stop(supervisor: Supervisor) -> Iterator[None]:
    """Let SIGTERM, SIGINT and SIGHUP end ``supervisor.watch`` for the block."""

    def note(_number: int, _frame: object) -> None:
        supervisor.stopping = True

    before = {
        number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def python(*arguments: str) -> list[str]:
    """Return the command line that runs a module with this interpreter."""
    return [sys.executable, "-m", *arguments]
