"""Every trigger is needed: what it refuses passes without it, and what it does is not done without it.

All are read from the database's catalogue. Each is tried alone: in a session in which no trigger and no key
speaks but this one, and then not even this one. One whose function can refuse must be seen to refuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from tests.proofs.trigger_scenes import SCENES, played
from tests.proofs.wrong_writes import Prover, constraints, undone
from tests.support.build import make_product, make_supplier
from tests.support.cluster import READY

TRIGGERS = """
SELECT n.nspname, t.relname, g.tgname, p.prosrc ~ 'RAISE EXCEPTION',
       array_remove(ARRAY[
           CASE WHEN g.tgtype & 4 > 0 THEN 'INSERT' END, CASE WHEN g.tgtype & 16 > 0 THEN 'UPDATE' END,
           CASE WHEN g.tgtype & 8 > 0 THEN 'DELETE' END, CASE WHEN g.tgtype & 32 > 0 THEN 'TRUNCATE' END
       ], NULL)
FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_proc p ON p.oid = g.tgfoid
WHERE NOT g.tgisinternal AND n.nspname IN ('public', 't_ready1') ORDER BY 1, 2, 3
"""


def not_admitted() -> dict[str, Any]:
    """A product that a jury has yet to look at, for a line of an order."""
    product = make_product(make_supplier(f"s{uuid4().hex}"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE public.catalog_product SET admission = 'needed' WHERE id = %s", [product.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    return {"product_id": product.pk, "variant_id": product.variants.get().pk}


def sold_out() -> dict[str, Any]:
    """Pages show only whether there is any."""
    return {"available": 0}


def tied() -> dict[str, Any]:
    """A withdrawal of the shop's own people, which nobody has decided yet."""
    return {"tie": "shop", "decided_by": None, "needs_approval": False}


ABOUT = {"shop_orderline": not_admitted, "catalog_stock": sold_out, "payouts_withdrawal": tied}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger as the catalogue knows it."""

    schema: str
    table: str
    name: str
    refuses: bool
    verbs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


def triggers() -> list[Trigger]:
    """Return all of them, but for the ledger's: tests.ledger.test_database."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        known = [Trigger(row[0], row[1], row[2], row[3], tuple(row[4])) for row in cursor.fetchall()]
    return [trigger for trigger in known if not trigger.table.startswith("ledger_")]


def state(cursor: Any, tables: list[str]) -> list[Any]:
    """What is in these tables, in short."""
    if not tables:
        return []
    parts = [
        sql.SQL("SELECT md5(string_agg(md5(r::text), '' ORDER BY md5(r::text))) FROM {} r").format(
            sql.SQL(table)
        )
        for table in tables
    ]
    cursor.execute(sql.SQL(" UNION ALL ").join(parts))
    return list(cursor.fetchall())


def attempts(trigger: Trigger, prover: Prover) -> Iterator[list[tuple[sql.Composable, list[Any]]]]:
    """Statements that a trigger may mind; the first ones are there for the last to be about."""
    table = sql.Identifier(trigger.schema, trigger.table)
    for _row in range(3):
        row = prover.valid() | ABOUT.get(trigger.table, dict)()
        insert = prover.statement(row)
        if "INSERT" in trigger.verbs:
            yield [insert]
        if "UPDATE" in trigger.verbs:
            for column in prover.columns.values():
                value = prover._value(column, row) if _row else prover._fresh(column)
                yield [
                    insert,
                    (sql.SQL("UPDATE {} SET {} = %s").format(table, sql.Identifier(column.name)), [value]),
                ]
        if "DELETE" in trigger.verbs:
            yield [insert, (sql.SQL("DELETE FROM {}").format(table), [])]
        if "TRUNCATE" in trigger.verbs:
            yield [insert, (sql.SQL("TRUNCATE {} CASCADE").format(table), [])]


def outcome(
    trigger: Trigger, statements: list[tuple[sql.Composable, list[Any]]], tables: list[str], *, enabled: bool
) -> str | list[Any]:
    """Return what the trigger says, or what is there afterwards."""
    table, name = sql.Identifier(trigger.schema, trigger.table), sql.Identifier(trigger.name)
    with undone(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(trigger.schema)))
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement, values in statements[:-1]:
            cursor.execute(statement, values)
        if enabled:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}").format(table, name))
        try:
            with transaction.atomic():
                cursor.execute(*statements[-1])
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except DatabaseError as error:
            return str(error)
        return state(cursor, tables)


def prove(trigger: Trigger, prover: Prover, tables: list[str]) -> str:
    """Return "" if it is needed, else what is missing."""
    looked_at = [] if trigger.refuses else tables
    for statements in attempts(trigger, prover):
        with_trigger = outcome(trigger, statements, looked_at, enabled=True)
        if trigger.refuses and not isinstance(with_trigger, str):
            continue
        without = outcome(trigger, statements, looked_at, enabled=False)
        if not isinstance(without, str) and with_trigger != without:
            return ""
    return "nothing was found that it refuses" if trigger.refuses else "nothing was found that it does"


@pytest.mark.slow
@pytest.mark.django_db
def test_each_trigger_is_needed() -> None:
    assert READY >= 1
    known = constraints(["public", "t_ready1"], ".")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'public.' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND relname ~ '^(catalog|selection)_' ORDER BY 1"
        )
        watched = [name for (name,) in cursor.fetchall()]
    failures, provers = {}, dict[tuple[str, str], Prover]()
    every = triggers()
    for trigger in every:
        if str(trigger) in SCENES:
            continue
        try:
            at = trigger.schema, trigger.table
            prover = provers.setdefault(at, Prover(*at, known))
            problem = prove(trigger, prover, watched)
        except AssertionError as error:
            problem = str(error)
        if problem:
            failures[str(trigger)] = problem
    assert not failures, "\n".join(f"{name}: {problem}" for name, problem in failures.items())
    assert set(SCENES) <= {str(trigger) for trigger in every}


@pytest.mark.django_db
@pytest.mark.parametrize("trigger", SCENES)
def test_each_trigger_that_needs_a_scene_is_needed(trigger: str) -> None:
    scene = SCENES[trigger]
    act = scene.build()
    with_trigger, without = (played(act, scene.seen, trigger, enabled=enabled) for enabled in (True, False))
    assert with_trigger.startswith("refused") is not bool(scene.seen)
    assert not without.startswith("refused")
    assert with_trigger != without
