"""``make test``: the whole suite on two processes; where CI=true, a skipped test is a failure."""

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


def main(arguments: list[str]) -> int:
    """Run the suite, leaving the browser journeys out where there is no browser; return the exit code."""
    browser = any(shutil.which(name) for name in BROWSERS)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-n", "2", "--durations", "5"]
        command += [
            "--quiet",
            f"--junitxml={report}",
            *([] if browser else ["-m", "not browser"]),
            *arguments,
        ]
        code = subprocess.run([*command, "tests"], cwd=ROOT, check=False).returncode
        ran, skipped = _counts(report)
    strict = os.environ.get("CI") == "true"
    if code == 0 and (ran == 0 or (strict and (skipped or not browser))):
        code = 1
        sys.stdout.write(f"{ran} tests ran, {skipped} were skipped: here every test must run\n")
    if not browser:
        sys.stdout.write(
            f"\nNo Chromium on the PATH: browser journeys were left out. To get it:\n  {HOW_TO_GET_ONE}\n"
        )
    return code


def _counts(report: Path) -> tuple[int, int]:
    if not report.exists():
        return 0, 0
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    total = sum(int(suite.get("tests", 0)) for suite in suites)
    skipped = sum(int(suite.get("skipped", 0)) for suite in suites)
    return total - skipped, skipped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
