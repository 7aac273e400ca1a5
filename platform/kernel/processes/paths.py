"""Where the embedded servers of a checkout listen: known before they run, and without their wheels."""

import hashlib
import tempfile
from pathlib import Path

SOCKET_PATH_LIMIT = 90  # a unix socket's path may have 107 bytes, PostgreSQL adds ".s.PGSQL.5432.lock"


def runtime_dir(var: Path) -> Path:
    """Return the folder for unix sockets: inside ``var``, or in /tmp where that path is too long."""
    inside = var / "run"
    if len(str(inside)) <= SOCKET_PATH_LIMIT:
        return inside
    name = hashlib.sha256(str(var).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"banyan-{name}"


def postgres_url(var: Path, database: str = "banyan") -> str:
    """Return the address the embedded PostgreSQL of ``var`` has, whether it runs or not."""
    return f"postgresql://postgres@/{database}?host={runtime_dir(var)}"


def valkey_url(var: Path) -> str:
    """Return the address the embedded Valkey of ``var`` has, whether it runs or not."""
    return f"unix://{runtime_dir(var) / 'valkey.sock'}"
