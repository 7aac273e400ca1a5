"""One migrated PostgreSQL cluster per state of the migrations, kept under var/ and copied for each run."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from kernel.processes.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
EMPTY, WORLD = "template_empty", "template_world"
"""What was only migrated, and what the world of the tests lies in besides."""
READY = 3
OUTSIDE = {".venv", "node_modules", "var"}
# Nothing here outlives the run, so durability would be time lost; and the run may lie in memory.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "max_connections": "120",
    "jit": "off",
}


def fingerprint() -> str:
    """Hash everything that decides what the migrated template looks like."""
    digest = hashlib.sha256()
    files = [
        *ROOT.glob("*/**/migrations/*.py"),
        *ROOT.glob("*/**/sql/*.sql"),
        *(ROOT / "tests/support").glob("cluster*.py"),
        ROOT / "platform/config/settings/apps.py",
    ]
    for file in sorted(file for file in files if not OUTSIDE & {*file.relative_to(ROOT).parts}):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def start(run: Path) -> EmbeddedPostgres:
    """Start a copy of the cluster in ``run``."""
    copy(run)
    server = EmbeddedPostgres(run, FAST)
    server.start()
    return server


def copy(var: Path) -> None:
    """Copy the stopped cluster for these migrations to ``var``, making it first if need be."""
    master = ROOT / "var" / "test" / fingerprint()
    master.parent.mkdir(parents=True, exist_ok=True)
    with (master.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (master / "ready").exists():
            for old in master.parent.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _build(master)
        subprocess.run(["cp", "-a", master / "postgres", var / "postgres"], check=True)


def _build(master: Path) -> None:
    server = EmbeddedPostgres(master, FAST)
    server.start()
    try:
        url = server.url.replace("/banyan?", f"/{EMPTY}?")
        subprocess.run([server.bin / "createdb", "-h", server.sockets, "-U", "postgres", EMPTY], check=True)
        environment = os.environ | {"DATABASE_URL": url}
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.cluster_template", str(READY)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the template database could not be made:\n{done.stdout}\n{done.stderr}")
    finally:
        server.stop()
    (master / "ready").touch()
