"""Loaded before Django's settings: where this test run keeps its servers.

Every run has a folder and a cluster of its own, so that runs can go side by side. The cluster is a copy of
one that was migrated once for the migrations as they are (see tests.support.cluster). The folder lies in
memory where there is enough of it: a database is a thousand small files, and to copy one takes a twentieth
there.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 3 * 2**30
PREFIX = "banyan-test-"


def _parent_folder() -> Path | None:
    """Return where the run's folder goes; None for the usual place of temporary files."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES:
        return MEMORY
    return None


def _remove_leftovers() -> None:
    """Free the memory of runs that were killed; a run's folder bears the number of its process."""
    for folder in MEMORY.glob(f"{PREFIX}*-*"):
        if not Path("/proc", folder.name.removeprefix(PREFIX).partition("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)


# Rewritten test modules are worth keeping: each of three processes would compile all of them anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "BANYAN_TEST_RUN" not in os.environ:
    _remove_leftovers()
    run = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_parent_folder()))
    atexit.register(shutil.rmtree, run, ignore_errors=True)
    os.environ["BANYAN_TEST_RUN"] = str(run)

worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
run = Path(os.environ["BANYAN_TEST_RUN"])
os.environ |= {
    "BANYAN_ENV": "test",
    "BANYAN_VAR": str(run / worker),
    "DATABASE_URL": f"postgresql://postgres@/{worker}?host={run / 'run'}",
    "DATABASE_POOL": "20",
    "READY_SCHEMAS": "3",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    # The folders of tests (tmp_path) go with the run.
    "PYTEST_DEBUG_TEMPROOT": str(run),
    # Playwright leaves an event loop in the thread; Django would take what follows for async code.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
}
# WhiteNoise warns, and a warning is an error, where its folder is missing.
(run / worker / "static").mkdir(parents=True, exist_ok=True)
