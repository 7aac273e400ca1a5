"""Finding, for any constraint of any table, a write that this constraint and nothing else refuses.

Nothing is listed by hand: rows are made from the catalogue's own column types and from the words that the
constraints mention, at random but from a fixed seed, and mended by what the database says is wrong with them.
"""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from psycopg import sql

TRIES, ENOUGH, KEPT = 1500, 40, 3
A_FIFTH, MOST = 0.2, 0.7
NUMBERS = frozenset({"bigint", "integer", "smallint", "numeric"})
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of the database; ``kind`` as in pg_constraint, "i" for a unique index without one."""

    schema: str
    table: str
    name: str
    kind: str
    columns: tuple[str, ...]
    definition: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def removal(self) -> sql.Composable:
        """The statement that removes it."""
        table = sql.Identifier(self.schema, self.table)
        if self.kind == "i":
            return sql.SQL("DROP INDEX {}").format(sql.Identifier(self.schema, self.name))
        if self.kind == "n":
            return sql.SQL("ALTER TABLE {} ALTER {} DROP NOT NULL").format(
                table, sql.Identifier(self.columns[0])
            )
        return sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, sql.Identifier(self.name))


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalogue knows it."""

    name: str
    kind: str
    length: int
    is_nullable: bool


ALL = """
SELECT n.nspname, t.relname, c.conname, c.contype::text,
       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = t.oid AND attnum = ANY(c.conkey)),
       pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND t.relname ~ %(tables)s AND t.relkind = 'r'
  AND c.contype IN ('c', 'u', 'f', 'n', 'x')
  AND NOT (c.contype = 'n' AND c.conkey <@ (
      SELECT conkey FROM pg_constraint p WHERE p.conrelid = t.oid AND p.contype = 'p'))
UNION ALL
SELECT n.nspname, t.relname, x.relname, 'i',
       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = t.oid AND attnum = ANY(i.indkey)),
       pg_get_indexdef(x.oid)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND t.relname ~ %(tables)s AND i.indisunique AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = x.oid)
ORDER BY 2, 3
"""
COLUMNS = """
SELECT attname::text, format_type(atttypid, NULL), greatest(atttypmod - 4, 0), NOT attnotnull
FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def constraints(schemas: list[str], tables: str) -> list[Constraint]:
    """Return every constraint and unique index of the tables whose names match, but for primary keys."""
    with connection.cursor() as cursor:
        cursor.execute(ALL, {"schemas": schemas, "tables": tables})
        return [Constraint(*row[:4], tuple(row[4]), row[5]) for row in cursor.fetchall()]


@cache
def columns_of(schema: str, table: str) -> tuple[Column, ...]:
    """Return the columns that can be written."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [f"{schema}.{table}"])
        return tuple(Column(*row) for row in cursor.fetchall())


class Prover:
    """Makes rows of one table and tries them."""

    def __init__(self, schema: str, table: str, known: list[Constraint]) -> None:
        self.schema, self.table = schema, table
        self.columns = {column.name: column for column in columns_of(schema, table)}
        self.known = {
            constraint.name: constraint
            for constraint in known
            if (constraint.schema, constraint.table) == (schema, table)
        }
        self.words = sorted(
            {
                word
                for constraint in self.known.values()
                for word in re.findall(r"'([^']*)'::", constraint.definition)
            }
        )
        self.sums = [name for name, column in self.columns.items() if column.kind in NUMBERS]
        self.random = random.Random(f"{table}")
        self.kept: list[Row] = []

    def prove(self, wrong: Constraint) -> str:
        """Return "" if some write is refused by ``wrong`` alone, else what stands in the way."""
        if wrong.kind == "f":
            return self._prove_key(wrong)
        refusal = ""
        refused = 0
        for _try in range(TRIES // 3):
            rows = self._attempt(wrong)
            if self._refusal(rows) != wrong.name:
                continue
            refused += 1
            refusal = self._refusal(rows, without=wrong)
            if not refusal or (wrong.kind == "c" and self._stands_alone(rows[0], wrong)):
                return ""
            if refused > ENOUGH:
                break
        return f"refused by {refusal} too" if refusal else "no write that it refuses was found"

    def _stands_alone(self, row: Row, wrong: Constraint) -> bool:
        """Mend what else is wrong with a row; True if ``wrong`` then is all that refuses it."""
        mended = self._mended(row, tries=150, without=wrong)
        return mended is not None and self._refusal([mended]) == wrong.name

    def _attempt(self, wrong: Constraint) -> list[Row]:
        row = self.valid()
        if wrong.kind == "c":
            some = self.random.sample(wrong.columns, self.random.randint(1, min(3, len(wrong.columns))))
            return [row | {name: self._value(self.columns[name], row) for name in some}]
        if wrong.kind == "n":
            return [row | {wrong.columns[0]: None}]
        # Where the row need only be unique under a condition, or in a column that may be empty.
        some = self.random.sample([*self.columns], min(2, len(self.columns)))
        row = row | {name: self._value(self.columns[name], row) for name in some}
        row = row | {name: self._fresh(self.columns[name]) for name in wrong.columns if row[name] is None}
        row = self._mended(row, fixed=frozenset(wrong.columns), tries=40) or row
        # The second row may differ in everything else that has to be unique: in one column of each.
        fresh = self._primary() - set(wrong.columns)
        for other in self.known.values():
            among = [name for name in other.columns if name not in wrong.columns and row[name] is not None]
            if other.kind in "ui" and among:
                fresh.add(self.random.choice(among))
        return [row, row | {name: self._fresh(self.columns[name]) for name in fresh}]

    def _prove_key(self, wrong: Constraint) -> str:
        (name,) = wrong.columns
        for _try in range(TRIES):
            row = self.valid() | {name: uuid4()}
            row = self._mended(row, fixed=frozenset({name}), tries=20) or row
            if not self._refusal([row]):
                break
        else:
            return "no row with a value in it"
        change = sql.SQL("UPDATE {} SET {} = %s").format(
            sql.Identifier(self.schema, self.table), sql.Identifier(name)
        )
        # The row itself is new, so that every key of it would be looked at: only this one is left.
        others = [
            constraint for constraint in self.known.values() if constraint.kind == "f" and constraint != wrong
        ]
        refusals = []
        for removed in (others, [*others, wrong]):
            with undone(), connection.cursor() as cursor:
                with unguarded():
                    self._insert(row)
                cursor.execute(
                    sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(
                        sql.Identifier(self.schema, self.table)
                    )
                )
                for constraint in removed:
                    cursor.execute(constraint.removal)
                try:
                    with transaction.atomic():
                        cursor.execute(change, [uuid4()])
                        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    refusals.append("")
                except IntegrityError as error:
                    refusals.append(_name(error))
        return "" if refusals == [wrong.name, ""] else f"found {refusals}"

    def valid(self) -> Row:
        """Return a row that nothing refuses; some are kept, for looking for them costs time."""
        if len(self.kept) >= KEPT:
            return self.random.choice(self.kept)
        row = self._mended({column.name: self._value(column, {}) for column in self.columns.values()})
        assert row, f"no valid row of {self.table} was found"
        self.kept.append(row)
        return row

    def _mended(
        self,
        row: Row,
        *,
        fixed: frozenset[str] = frozenset(),
        tries: int = TRIES,
        without: Constraint | None = None,
    ) -> Row | None:
        """Change what is refused, at random and never what is ``fixed``, until nothing is."""
        for _try in range(tries):
            refusal = self._refusal([row], without=without)
            if not refusal:
                return row
            constraint = self.known.get(refusal)
            among = [
                name for name in (constraint.columns if constraint else self.columns) if name not in fixed
            ]
            if not among:
                return None
            names = self.random.sample(among, self.random.randint(1, min(3, len(among))))
            row = row | {name: self._value(self.columns[name], row) for name in names}
            # Sums of many columns are hardly met by chance; nothing at all mostly adds up.
            if constraint and constraint.kind == "c" and self.random.random() < A_FIFTH:
                row = row | {name: 0 for name in among if name in self.sums and self.random.random() < MOST}
        return None

    def _refusal(self, rows: list[Row], *, without: Constraint | None = None) -> str:
        with undone(), unguarded():
            if without:
                with connection.cursor() as cursor:
                    cursor.execute(without.removal)
            try:
                with transaction.atomic():
                    for row in rows:
                        self._insert(row)
            except IntegrityError as error:
                return _name(error)
        return ""

    def _insert(self, row: Row) -> None:
        with connection.cursor() as cursor:
            cursor.execute(*self.statement(row))

    def statement(self, row: Row) -> tuple[sql.Composable, list[Any]]:
        """Return the statement that inserts a row, and its values."""
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(self.schema, self.table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(
                sql.SQL("%s::{}").format(sql.SQL(self.columns[name].kind))
                for name in row  # type: ignore[arg-type]
            ),
        )
        return statement, list(row.values())

    def _value(self, column: Column, row: Row) -> Any:
        choices: list[Any] = [self._fresh(column)]
        if column.kind in NUMBERS:
            known = [value for name, value in row.items() if name in self.sums and value]
            choices = [0, 0, 0, 1, 1, 2, 3, 10, 30_000, -1, -1000, *known]
        elif column.kind in {"character varying", "text"}:
            choices = [word[: column.length or None] for word in (*self.words, "", "x", "CNY")]
        elif column.kind == "uuid":
            same = [value for value in row.values() if isinstance(value, UUID)]
            choices = [uuid4(), uuid4(), UUID(int=0), *same]
        elif column.kind == "boolean":
            choices = [True, False]
        elif column.kind.startswith("timestamp"):
            choices = ["2026-01-01", "2026-01-02"]
        elif column.kind.endswith("[]"):
            choices = ["{}", "{}", "{x}"] if "char" in column.kind or "text" in column.kind else ["{}"]
        if column.is_nullable:
            choices = [*choices, None, None]
        return self.random.choice(choices)

    def _fresh(self, column: Column) -> Any:
        if column.kind == "uuid":
            return uuid4()
        if column.kind in {"bigint", "integer", "smallint"}:
            return self.random.randrange(1, 30_000)
        if column.kind in {"character varying", "text"}:
            return uuid4().hex[: column.length or None]
        if column.kind.startswith("timestamp") or column.kind == "date":
            return "2026-01-01"
        if column.kind == "jsonb":
            return "{}"
        if column.kind == "boolean":
            return False
        return "{}" if column.kind.endswith("[]") else "\\x" if column.kind == "bytea" else "2026-01-01"

    def _primary(self) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
                " AND a.attnum = ANY(i.indkey) WHERE i.indisprimary AND i.indrelid = %s::regclass",
                [f"{self.schema}.{self.table}"],
            )
            return {name for (name,) in cursor.fetchall()}


def _name(error: IntegrityError) -> str:
    diagnosis = error.__cause__.diag  # type: ignore[union-attr]
    return str(diagnosis.constraint_name or f"{diagnosis.table_name}_{diagnosis.column_name}_not_null")


@contextmanager
def undone() -> Iterator[None]:
    """Let nothing of the block stay: a copy of the database, as far as anybody can see."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def unguarded() -> Iterator[None]:
    """Leave triggers and foreign keys aside: what is left is what the row itself must fulfil."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
