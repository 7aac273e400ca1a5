"""What a test committed is gone when the next one borrows the database, whatever it was."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests import early
from tests.support import databases
from tests.support.cluster import EMPTY

TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
WRITES = {
    "rows": "INSERT INTO django_content_type (app_label, model) VALUES ('more', 'thing')",
    "rows that were there": "UPDATE django_migrations SET name = ''; DELETE FROM django_content_type",
    "a sequence": "SELECT nextval(pg_get_serial_sequence('django_migrations', 'id'))",
    "a table emptied": "TRUNCATE django_migrations",
    "a guard removed": "DROP TRIGGER {trigger} ON {table}",
    "a schema": "CREATE SCHEMA t_more; CREATE TABLE t_more.thing (id int)",
}


@pytest.fixture(scope="module")
def lent() -> Iterator[databases.Copy]:
    """A database that is given back again and again."""
    copy = databases.Copy(f"{early.worker}_restored", EMPTY)
    yield copy
    databases.drop(copy.name)


def contents(name: str) -> dict[str, Any]:
    """Return all rows, sequences and triggers."""
    with databases.maintenance(name) as link:
        everything: dict[str, Any] = {}
        for table in link.execute(TABLES).fetchall():
            rows = sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(*table))
            everything[".".join(table)] = link.execute(rows).fetchall()
        everything["sequences"] = link.execute("SELECT * FROM pg_sequences ORDER BY 1, 2").fetchall()
        everything["triggers"] = link.execute("SELECT tgname FROM pg_trigger ORDER BY 1").fetchall()
        return everything


def write(link: psycopg.Connection[Any], statements: str) -> None:
    """Run them and commit each; a name of a trigger is one of those there are."""
    trigger = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal LIMIT 1"
    name, table = link.execute(trigger).fetchone() or ("", "")
    for statement in statements.format(trigger=name, table=table).split("; "):
        link.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.slow
def test_a_lent_database_is_restored(lent: databases.Copy, what: str) -> None:
    before = contents(lent.name)
    with databases.maintenance(lent.name) as link:
        link.execute("SET session_replication_role = replica")
        write(link, WRITES[what])
    assert contents(lent.name) != before
    lent.restore()
    assert contents(lent.name) == before
