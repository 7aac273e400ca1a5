"""The rows that one paid order writes, as one SQL statement: what it would cost without any Python.

One order is run between two snapshots of all tables. What appeared becomes INSERTs with fresh ids, what
changed becomes UPDATEs, all of it data-modifying CTEs of a single statement for pgbench. Nothing is listed by
hand, so the reference grows and shrinks with the product.
"""

import re
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

Row = dict[str, str | None]
Tables = dict[str, dict[str, Row]]
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def replica_of(link: psycopg.Connection[Any], schemas: list[str], once: Callable[[], None]) -> str:
    """Run ``once`` and return the statement that writes the same rows with other ids."""
    before = _snapshot(link, schemas)
    once()
    after = _snapshot(link, schemas)
    added = {
        table: [row for key, row in rows.items() if key not in before.get(table, {})]
        for table, rows in after.items()
    }
    changed = {
        table: [
            (key, before[table][key], row)
            for key, row in rows.items()
            if key in before.get(table, {}) and before[table][key] != row
        ]
        for table, rows in after.items()
    }
    known = {item_id for rows in before.values() for row in rows.values() for item_id in _uuids(row)}
    fresh = sorted({item_id for rows in added.values() for row in rows for item_id in _uuids(row)} - known)
    names = {value: f"ids.i{number}" for number, value in enumerate(fresh)}
    parts = ["ids AS MATERIALIZED (SELECT " + ", ".join(f"uuidv7() AS i{n}" for n in range(len(fresh))) + ")"]
    for table, rows in added.items():
        if rows:
            columns = _columns(link, table, numbered=False)
            unique = _unique_texts(link, table)
            values = " UNION ALL ".join(
                f"SELECT {_values(row, columns, names, unique)} FROM ids" for row in rows
            )
            listed = ", ".join(f'"{name}"' for name, _kind in columns)
            parts.append(f"a{len(parts)} AS (INSERT INTO {table} ({listed}) {values})")
    for table, moves in changed.items():
        for key, old, new in moves:
            sets = ", ".join(_change(name, old[name], new[name]) for name in new if old[name] != new[name])
            where = " AND ".join(
                f"\"{n}\" = '{v}'" for n, v in zip(_key(link, table), key.split("|"), strict=True)
            )
            parts.append(f"a{len(parts)} AS (UPDATE {table} SET {sets} WHERE {where})")
    return "WITH " + ",\n".join(parts) + "\nSELECT 1;\n"


def _snapshot(link: psycopg.Connection[Any], schemas: list[str]) -> Tables:
    tables: Tables = {}
    for schema, name in link.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)"
        " AND tablename NOT LIKE 'django_%%'",
        [schemas],
    ).fetchall():
        table = f"{schema}.{name}"
        key = _key(link, table)
        if not key:
            continue
        names = [column for column, _kind in _columns(link, table)]
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in names),
            sql.Identifier(schema, name),
        )
        rows = [dict(zip(names, row, strict=True)) for row in link.execute(query).fetchall()]
        tables[table] = {"|".join(str(row[column]) for column in key): row for row in rows}
    return tables


def _columns(link: psycopg.Connection[Any], table: str, *, numbered: bool = True) -> list[tuple[str, str]]:
    """Return names and types; without ``numbered``, those that the database does not count up by itself."""
    return link.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND (%s OR attidentity = '')"
        " ORDER BY attnum",
        [table, numbered],
    ).fetchall()


def _key(link: psycopg.Connection[Any], table: str) -> list[str]:
    return [
        row[0]
        for row in link.execute(
            "SELECT a.attname"
            " FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(n, place), pg_attribute a"
            " WHERE i.indrelid = %s::regclass AND i.indisprimary"
            " AND a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.place",
            [table],
        ).fetchall()
    ]


def _unique_texts(link: psycopg.Connection[Any], table: str) -> set[str]:
    return {
        row[0]
        for row in link.execute(
            "SELECT a.attname FROM pg_index i, unnest(i.indkey) AS k(n), pg_attribute a"
            " WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary"
            " AND a.attrelid = i.indrelid AND a.attnum = k.n AND a.atttypid IN (25, 1043)",
            [table],
        ).fetchall()
    }


def _uuids(row: Row) -> set[str]:
    return {item_id for value in row.values() if value for item_id in UUID.findall(value)}


def _values(row: Row, columns: list[tuple[str, str]], names: dict[str, str], unique: set[str]) -> str:
    own = _own(row, names)
    return ", ".join(_value(row[name], kind, names, own if name in unique else "") for name, kind in columns)


def _own(row: Row, names: dict[str, str]) -> str:
    """Return the fresh id that is this row's own, so that two rows of a table differ in unique texts."""
    return names.get(row.get("id") or "", "ids.i0")


def _value(value: str | None, kind: str, names: dict[str, str], own: str) -> str:
    if value is None:
        return f"NULL::{kind}"
    if value in names and kind == "uuid":
        return names[value]
    named = [item for item in UUID.findall(value) if item in names]
    text = _quote(value)
    for item in named:
        text = f"replace({text}, '{item}', {names[item]}::text)"
    if own and not named:
        limit = int(match[1]) if (match := re.search(r"\((\d+)\)", kind)) else 24
        if limit >= 20:  # shorter ones are codes such as a currency, unique only beside other columns
            text = f"right(replace({own}::text, '-', ''), {min(limit, 24)})"
    return f"({text})::{kind}"


def _change(name: str, old: str | None, new: str | None) -> str:
    if old and new and re.fullmatch(r"-?\d+", old) and re.fullmatch(r"-?\d+", new):
        # A counter moves by the same step each time; stock is lifted again so that it never runs out.
        step = int(new) - int(old)
        return f'"{name}" = "{name}" + {step}'
    return f'"{name}" = {_quote(new) if new is not None else "NULL"}'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
