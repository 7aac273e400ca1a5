"""docs/database-rules.md lists what a migrated database holds, no more and no less; what it names exists."""

import re
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import RunSQL

from kernel.database.sql_files import files_of
from tenants.registry import service_role
from tests.support.cluster import READY, ROOT

DOCUMENT = ROOT / "docs/database-rules.md"
TRIGGERS = """
SELECT t.relname, g.tgname, p.proname
FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_proc p ON p.oid = g.tgfoid
WHERE NOT g.tgisinternal AND n.nspname IN ('public', 't_ready1')
"""
FUNCTIONS = """
SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('public', 't_ready1')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
"""
CONSTRAINTS = """
SELECT t.relname, c.conname
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname IN ('public', 't_ready1') AND c.contype IN ('c', 'u', 'x')
UNION
SELECT t.relname, x.relname
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname IN ('public', 't_ready1') AND i.indisunique AND NOT i.indisprimary
"""
OF_DJANGO = re.compile(r"(_check|_key|_uniq)$")
"""Names that Django gives to what a field says by itself."""
FILE = re.compile(r"\b(?:\w+/)*sql/\w+\.sql\b")
DOTTED = re.compile(r"\b(?:catalog|selection|fulfilment|kernel|accounts|billing|tenants)(?:\.[A-Za-z_]+)+")


def rows(heading: str) -> list[list[list[str]]]:
    """Return the cells of a section's table, each as the names in backquotes that it holds."""
    section = DOCUMENT.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[re.findall(r"`([^`]+)`", cell) for cell in line.split(" | ")] for line in lines]


def catalogue(query: str) -> set[Any]:
    """Return what the database's own catalogue says."""
    assert READY >= 1
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row if len(row) > 1 else row[0] for row in cursor.fetchall()}


def our_tables() -> set[str]:
    """Return the tables of our own apps."""
    ours = [app for app in apps.get_app_configs() if ROOT in list(Path(app.path).parents)[:2]]
    return {model._meta.db_table for app in ours for model in app.get_models(include_auto_created=True)}


@pytest.mark.django_db
def test_every_trigger_is_listed_with_its_function() -> None:
    listed = [
        (table, trigger, function)
        for tables, triggers, (function,), *_rest in rows("Triggers")
        for table, trigger in product(tables, triggers)
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == catalogue(TRIGGERS)


@pytest.mark.django_db
def test_every_function_is_listed() -> None:
    called = [name for names, *_rest in rows("Functions") for name in names]
    assert len(called) == len(set(called))
    triggered = {function for _tables, _triggers, (function,), *_rest in rows("Triggers")}
    assert not triggered & set(called)
    assert triggered | set(called) == catalogue(FUNCTIONS)


@pytest.mark.django_db
def test_every_constraint_that_a_model_names_is_listed() -> None:
    listed = {(table, name) for (table,), (name,), *_rest in rows("Constraints")}
    ours = our_tables()
    there = {(table, name) for table, name in catalogue(CONSTRAINTS) if table in ours}
    assert listed == {(table, name) for table, name in there if not OF_DJANGO.search(name)}


def test_every_rule_has_its_twin_and_its_test() -> None:
    for *_names, twin, tests in [*rows("Triggers"), *rows("Functions")]:
        for name in twin:
            assert resolve_name(name), name
        assert tests, f"{_names} has no test"
        for test in tests:
            assert (ROOT / test).is_file(), test


def test_what_a_comment_names_is_there() -> None:
    files = [file for app in apps.get_app_configs() for file in files_of(Path(app.path))]
    assert len(files) > READY
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            for name in DOTTED.findall(line) if line.lstrip().startswith("--") else ():
                assert resolve_name(name), f"{file.name}: {name}"


def test_what_python_says_of_a_file_is_there() -> None:
    folders = [Path(app.path) for app in apps.get_app_configs() if ROOT in list(Path(app.path).parents)[:2]]
    for file in (file for folder in folders for file in folder.rglob("*.py")):
        for name in FILE.findall(file.read_text(encoding="utf-8")):
            assert any((folder / name).is_file() for folder in (*folders, ROOT)), f"{file}: {name}"


def test_every_file_is_loaded_by_its_app() -> None:
    for app in apps.get_app_configs():
        for file in files_of(Path(app.path)):
            migration = import_module(f"{app.name}.migrations.0002_rules")
            loaded = "\n".join(str(step.sql) for step in migration.Migration.operations)
            assert file.read_text(encoding="utf-8") in loaded, file


@pytest.mark.django_db
def test_the_rules_can_be_taken_back_and_loaded_again() -> None:
    """Backwards and forwards, in the order of the migrations; what a tenant's schema has stays aside."""
    before = catalogue(FUNCTIONS), catalogue(TRIGGERS)
    names = (
        "kernel",
        "catalog",
        "selection",
        "fulfilment",
        "billing.ledger",
        "billing.payouts",
        "tenants.registry",
    )
    steps: list[RunSQL] = [
        step for name in names for step in import_module(f"{name}.migrations.0002_rules").Migration.operations
    ]
    with connection.cursor() as cursor:
        for number in range(1, READY + 1):
            cursor.execute(f"DROP SCHEMA t_ready{number} CASCADE")
        for step in reversed(steps):
            cursor.execute(str(step.reverse_sql))
        assert (catalogue(FUNCTIONS), catalogue(TRIGGERS)) == (set(), set())
        for step in steps:
            cursor.execute(str(step.sql))
    assert catalogue(FUNCTIONS) == before[0]
    assert catalogue(TRIGGERS) == {row for row in before[1] if not row[0].startswith(("agents_", "shop_"))}


@pytest.mark.django_db
def test_the_services_own_role_may_not_change_what_is_append_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE banyan_app")
    service_role.grant("banyan_app")
    tables = {table for table, trigger, _function in catalogue(TRIGGERS) if trigger == "append_only"}
    may = catalogue(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'banyan_app' AND table_schema = 'public'"
    )
    shared = {table for table in tables if (table, "SELECT") in may}
    assert len(shared) > READY
    assert not {(table, verb) for table, verb in may if table in shared and verb in {"UPDATE", "DELETE"}}
