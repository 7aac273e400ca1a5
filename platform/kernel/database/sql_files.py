"""Migrations made of SQL files: the rules of the database lie in ``sql/`` folders, readable as they are."""

import re
from pathlib import Path

from django.db.migrations import RunSQL

_CREATED = re.compile(
    r"^CREATE (?:CONSTRAINT )?(?P<kind>FUNCTION|TRIGGER|TYPE|POLICY|INDEX) (?P<name>[\w.]+)"
    r"(?:[^;$(]*?\sON (?P<table>[\w.]+))?",
    re.MULTILINE,
)

PART_OF_TABLE = {"TRIGGER", "POLICY"}
"""What has a name of its own only on its table."""


def run_sql_files(migration: str, *names: str) -> RunSQL:
    """Return the operation that runs these files in order.

    ``migration`` is the ``__file__`` of the migration; names are relative to its app's folder
    ("stock/sql/reservations.sql"). Backwards, what the files create is dropped in reverse order: functions,
    triggers, types, policies and indexes. Grants and settings of a table go with the table, and a function
    that a file replaces stays as it is.
    """
    folder = Path(migration).parents[1]
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    return RunSQL(text, reverse(text) or RunSQL.noop)


def reverse(text: str) -> str:
    """Return the statements that drop what the statements of ``text`` create."""
    drops = [
        f"DROP {match['kind']} {match['name']}"
        + (f" ON {match['table']};" if match["kind"] in PART_OF_TABLE else ";")
        for match in _CREATED.finditer(text)
    ]
    return "\n".join(reversed(drops))


def files_of(folder: Path) -> list[Path]:
    """Return the SQL files of an app, sorted: a hash of its migrations covers them too."""
    return sorted(folder.rglob("sql/*.sql"))
