"""What a start loads: a command that needs no service loads none, and Django no library it may not need."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.core import checks

HEAVY = {
    "celery",
    "flask",
    "httpx",
    "numpy",
    "PIL",
    "fontTools",
    "fpdf",
    "psycopg",
    "requests",
    "rich",
    "stripe",
}
DJANGO = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; import django; django.setup()"
FILE = Path(__file__).parents[2] / "tenants" / "agents" / "rules" / "presets" / "share-lock.yaml"


def loaded(script: str) -> set[str]:
    """Return the top-level packages that a process has loaded after ``script``."""
    report = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{script}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def command(*arguments: str) -> str:
    """Return a script that runs ``banyan`` with these arguments and goes on."""
    return f"from config.cli import main\ntry: main({list(arguments)!r})\nexcept SystemExit: pass"


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", str(FILE), "--json"),
        ("lint", "--help"),
        ("help", "lint"),
        ("explain", "--example"),
        ("rules_schema",),
        ("replay", "--help"),
        ("help", "replay"),
        ("replay", "no-such-file.yaml", "--host=shop.example"),
        ("replay", str(FILE), "--host=shop.example", "--days=-1"),
    ],
    ids=" ".join,
)
def test_a_command_about_a_document_loads_no_django(arguments: tuple[str, ...]) -> None:
    assert not loaded(command(*arguments)) & (HEAVY - {"rich"} | {"django"})


def test_a_simulation_loads_numpy_and_no_django() -> None:
    packages = loaded(command("simulate", str(FILE), "--members=50", "--months=1", "--json"))
    assert "numpy" in packages
    assert not packages & (HEAVY - {"rich", "numpy"} | {"django"})


@pytest.mark.parametrize("name", ["help", "version"])
def test_the_list_of_commands_and_the_version_load_no_app(name: str) -> None:
    assert not loaded(command(name)) & (HEAVY | {"accounts", "catalog", "kernel.models", "unfold"})


def test_settings_load_nothing_heavy() -> None:
    assert not loaded("import config.settings") & (HEAVY | {"unfold", "rest_framework"})


@pytest.mark.slow
def test_django_loads_no_library_that_only_some_processes_need() -> None:
    libraries = {
        "flask",
        "httpx",
        "numpy",
        "fontTools",
        "fpdf",
        "prometheus_client",
        "requests",
        "rich",
        "stripe",
    }
    assert not loaded(DJANGO) & libraries


@pytest.mark.slow
def test_a_web_process_loads_no_library_for_one_rare_page() -> None:
    assert not loaded(f"{DJANGO}\nimport config.wsgi") & {"flask", "fontTools", "fpdf", "numpy", "stripe"}


def test_the_checks_that_commands_leave_out_pass() -> None:
    for urls in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
        import_module(urls)
    assert [message for message in checks.run_checks() if not message.is_silenced()] == []
