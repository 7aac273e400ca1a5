"""The databases of one test process: copies of the two templates, given back as they were.

A test that rolls back has the process's own copy. A test that commits, uses threads or several connections
borrows another copy; afterwards the rows of the tables that were written to are put back, which takes a small
part of making a database. Where a test changed the catalogue (a trigger, a schema), the copy is made anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from tests import early

CATALOGUE = """
SELECT md5(string_agg(row, ',' ORDER BY row)) FROM (
    SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_class
        WHERE relnamespace::regnamespace::text !~ '^pg_'
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_trigger
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_constraint
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_proc
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_attrdef
) AS catalogue (row)
"""
TABLES = "SELECT schemaname, relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables"
SEQUENCES = "SELECT schemaname, sequencename, start_value, last_value FROM pg_sequences"
# Whoever is still connected would hold locks, and has not told yet what it wrote.
DISCONNECT = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s"
Table = tuple[str, str]


def maintenance(name: str = "postgres") -> psycopg.Connection[Any]:
    """Return a connection beside Django's, as the superuser."""
    return psycopg.connect(host=str(early.run / "run"), user="postgres", dbname=name, autocommit=True)


def make(name: str, template: str) -> None:
    """Copy a template."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
    with maintenance() as link:
        link.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop(name: str) -> None:
    """Remove a database and whoever is connected to it."""
    with maintenance() as link:
        link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass
class Copy:
    """A database that is restored instead of made: what its rows, sequences and catalogue were at first."""

    name: str
    template: str
    rows: dict[Table, bytes] = field(default_factory=dict)
    sequences: dict[Table, int | None] = field(default_factory=dict)
    catalogue: str = ""

    def __post_init__(self) -> None:
        make(self.name, self.template)
        with maintenance(self.name) as link:
            self.catalogue = _value(link, CATALOGUE)
            for space, table, _written in link.execute(TABLES).fetchall():
                if content := _read(link, (space, table)):
                    self.rows[space, table] = content
            self.sequences = {(space, name): last for space, name, _start, last in link.execute(SEQUENCES)}
            _forget_writes(link)

    def restore(self) -> None:
        """Make it what it was; nobody may be using it any more."""
        with maintenance() as link:
            link.execute(DISCONNECT, [self.name])
        with maintenance(self.name) as link:
            is_same = _value(link, CATALOGUE) == self.catalogue
            if is_same:
                self._put_back(link)
        if not is_same:
            drop(self.name)
            make(self.name, self.template)

    def _put_back(self, link: psycopg.Connection[Any]) -> None:
        written = [(space, table) for space, table, rows in link.execute(TABLES).fetchall() if rows]
        with link.transaction():
            # Neither triggers nor foreign keys: it is not a change, it is what was there.
            link.execute("SET LOCAL session_replication_role = replica")
            for table in written:
                link.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)))
                if content := self.rows.get(table):
                    with link.cursor().copy(_copy("COPY {} FROM STDIN", table)) as copy:
                        copy.write(content)
            for space, name, start, last in link.execute(SEQUENCES).fetchall():
                if last != (first := self.sequences[space, name]):
                    value = sql.Identifier(space, name).as_string(link)
                    link.execute(
                        "SELECT setval(%s, %s, %s)",
                        [value, start if first is None else first, first is not None],
                    )
        _forget_writes(link)


def _value(link: psycopg.Connection[Any], statement: str) -> str:
    row = link.execute(statement).fetchone()
    assert row
    return str(row[0])


def _copy(statement: str, table: Table) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(*table))  # type: ignore[arg-type]


def _read(link: psycopg.Connection[Any], table: Table) -> bytes:
    with link.cursor().copy(_copy("COPY {} TO STDOUT", table)) as copy:
        return b"".join(bytes(block) for block in copy)


def _forget_writes(link: psycopg.Connection[Any]) -> None:
    """Count writes from here on; what this connection wrote is told first, or it would be told later."""
    link.execute("SELECT pg_stat_force_next_flush()")
    link.execute("SELECT pg_stat_reset()")


_own: set[str] = set()
_lent: dict[str, Copy] = {}


def use(template: str) -> None:
    """Let Django work on this process's own copy of a template, where tests roll back."""
    name = f"{early.worker}_{template}"
    if name not in _own:
        make(name, template)
        _own.add(name)
    point_to(name)


def point_to(name: str) -> None:
    """Let Django connect to another database from now on."""
    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = name


@contextmanager
def lent(template: str) -> Iterator[str]:
    """Let Django work on a database in which everything may be committed; yields its name."""
    if template not in _lent:
        _lent[template] = Copy(f"{early.worker}_{template}_lent", template)
    own, copy = connection.settings_dict["NAME"], _lent[template]
    point_to(copy.name)
    try:
        yield copy.name
    finally:
        point_to(own)
        copy.restore()
