"""``make bench``: every figure measured on this machine, beside its reference, in one table.

``ROWS=a,b`` runs some rows, ``JSON=FILE`` also writes them as a list. Each row is a module
tests/bench/rows/<id>.py with a function ``run() -> Row`` and has a process, a PostgreSQL and a Valkey of
its own; durability is as in production. A row that fails is shown and makes the exit code 1.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

ORDER = ("spawn", "page", "order", "ledger", "import")
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run the wanted rows one after the other; return the exit code."""
    console = Console(stderr=True)
    known = _known()
    rows_to_run = [name for name in os.environ.get("ROWS", "").split(",") if name] or known
    if strangers := sorted(set(rows_to_run) - set(known)):
        console.print(f"no such rows: {', '.join(strangers)}; there are {', '.join(known)}")
        return 2
    rows, failed = [], []
    for name in rows_to_run:
        with console.status(f"measuring {name} …"):
            done = _measure(name)
        if done.returncode:
            failed.append(name)
            console.print(f"[red]{name} failed[/]\n{done.stderr[-3000:]}", markup=True, highlight=False)
        else:
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            console.print(f"{name}: {rows[-1]['ratio']:.3g} times")
    Console().print(_table(rows))
    if target := os.environ.get("JSON"):
        Path(target).write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if failed else 0


def _known() -> list[str]:
    """Return the rows there are, the usual ones first.."""
    names = {path.stem.removesuffix("_row") for path in (ROOT / "tests/bench/rows").glob("[a-z]*.py")}
    return [name for name in ORDER if name in names] + sorted(names - set(ORDER))


def _measure(name: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix=f"banyan-bench-{name}-") as folder:
        environment = os.environ | {
            "BANYAN_VAR": folder,
            "BANYAN_ENV": "test",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "READY_SCHEMAS": "20",
        }
        for unwanted in ("DATABASE_URL", "VALKEY_URL", "PORT"):
            environment.pop(unwanted, None)
        return subprocess.run(
            [sys.executable, "-m", "tests.bench.one", name],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def _table(rows: list[dict[str, object]]) -> Table:
    table = Table("row", "unit", title="ours beside the reference; ratio: higher is better")
    for heading in ("ours", "beside", "ratio", "runs"):
        table.add_column(heading, justify="right")
    table.add_column("note")
    for row in rows:
        figures = (f"{float(str(row[name])):,.3g}" for name in ("ours", "beside", "ratio"))
        table.add_row(str(row["id"]), str(row["unit"]), *figures, str(row["runs"]), str(row["note"]))
    return table


def measure_here(name: str) -> None:
    """Measure one row in this process and print it as one line of JSON."""
    module = "import_row" if name == "import" else name
    row = importlib.import_module(f"tests.bench.rows.{module}").run()
    sys.stdout.write(json.dumps(asdict(row)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
