"""Loaded before Django's settings: where this test run keeps its servers.

Every run has a folder and a cluster of its own, so that runs can go side by side. The cluster is a copy
of one that was migrated once for the migrations as they are (see tests.cluster).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "BANYAN_TEST_RUN" not in os.environ:
    run = Path(tempfile.mkdtemp(prefix="banyan-test-"))
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
    # Playwright leaves an event loop in the thread; Django would take what follows for async code.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
}
# WhiteNoise warns, and a warning is an error, where its folder is missing.
(run / worker / "static").mkdir(parents=True, exist_ok=True)
