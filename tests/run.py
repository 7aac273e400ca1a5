"""``make test``, ``quick`` and ``proofs``: pytest on two processes; where CI=true a skip is a failure."""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_ONE = "apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk"
MACHINES = ["tests/proofs/test_machine.py", "tests/proofs/test_ledger_machine.py"]
QUICK = "not processes and not browser and not volume and not slow"


def main(which: str, arguments: list[str]) -> int:
    """Run "suite", "quick" or "proofs" with further arguments of pytest; return the exit code."""
    if which == "quick":
        return _pytest(["-m", QUICK, *arguments])
    if which == "proofs":
        os.environ["PROOFS"] = "whole"
        # A number of operations means the two machines, for as long as somebody wants to wait.
        long_run = [*MACHINES, "-s", "--show-capture=no"] if "OPERATIONS" in os.environ else []
        return _strict(["-m", "volume", *long_run, *arguments])
    if any(shutil.which(name) for name in BROWSERS):
        return _strict(arguments)
    code = _strict(["-m", "not browser", *arguments])
    sys.stdout.write(
        f"\nNo Chromium on the PATH: browser journeys were left out. To get it:\n  {HOW_TO_GET_ONE}\n"
    )
    return code or int(_in_ci())


def _pytest(arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-n", "2", "--durations", "5", "--quiet", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _strict(arguments: list[str]) -> int:
    """Run pytest; a run of no tests is a failure, and where CI=true a skipped test is one."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = _pytest([f"--junitxml={report}", *arguments])
        ran, skipped = _counts(report)
    if code == 0 and (ran == 0 or (_in_ci() and skipped)):
        sys.stdout.write(f"{ran} tests ran, {skipped} were skipped: here every test must run\n")
        return 1
    return code


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def _counts(report: Path) -> tuple[int, int]:
    if not report.exists():
        return 0, 0
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    total = sum(int(suite.get("tests", 0)) for suite in suites)
    skipped = sum(int(suite.get("skipped", 0)) for suite in suites)
    return total - skipped, skipped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else "suite", sys.argv[2:]))
