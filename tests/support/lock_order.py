"""In which order transactions lock the rows of tables, and the order that docs/locks.md declares."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connection

from billing.ledger.models import GUARDED

DECLARED = re.findall(
    r"^\| \d+ \| `(\w+)` \|",
    (Path(__file__).resolve().parents[2] / "docs/locks.md").read_text(),
    re.MULTILINE,
)
"""Tables in the order in which a transaction locks rows of them."""
FOR_UPDATE = re.compile(r"\bFOR (?:NO KEY )?UPDATE\b(?: OF ([\"\w, ]+?))?\s*(?=$|\)|;)")
FIRST_TABLE = re.compile(r'\bFROM (?:public\.)?"?(\w+)"?')
WRITTEN = re.compile(r'\b(?:UPDATE|DELETE FROM) (?:ONLY )?(?:public\.)?"?([a-z]+_\w+)"?')
INSERTED = re.compile(r'\bINSERT INTO (?:public\.)?"?(\w+)"?')
STOCK = re.compile(r"\bpublic\.catalog_(?:reserve|commit|release|restock)\w*\(")


def _without_parts(statement: str) -> str:
    """Return a statement without what is in brackets: the tables of its subqueries."""
    while (shorter := re.sub(r"\([^()]*\)", "", statement)) != statement:
        statement = shorter
    return statement


def locked_tables(statement: str, parameters: Any) -> list[str]:
    """Return the tables of which a statement locks rows that others know, in the order of its text."""
    tables = []
    if STOCK.search(statement):
        tables.append("catalog_stock")
    if "public.ledger_post(" in statement and any(kind in str(parameters) for kind in GUARDED):
        tables.append("ledger_balance")  # other accounts have no row that a posting locks
    if lock := FOR_UPDATE.search(statement):
        first = FIRST_TABLE.search(_without_parts(statement))
        tables += re.findall(r"\w+", lock[1] or "") or ([first[1]] if first else [])
    return tables + WRITTEN.findall(statement)


@contextmanager
def watched() -> Iterator[set[tuple[str, ...]]]:
    """Yield what grows in the block: for each transaction the tables whose rows it locked, in that order."""
    orders: set[tuple[str, ...]] = set()
    locked: list[str] = []
    own: set[str] = set()

    def at_the_end(end: Callable[[], None]) -> Callable[[], None]:
        def inner() -> None:
            orders.add(tuple(locked))
            locked.clear()
            own.clear()
            end()

        return inner

    def watch(
        execute: Callable[..., Any], statement: Any, parameters: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        if connection.in_atomic_block:
            text = str(statement)
            own.update(INSERTED.findall(text))
            if "SKIP LOCKED" in text:  # whoever skips waits for nobody
                own.update(FIRST_TABLE.findall(_without_parts(text))[:1])
            known = own.union(locked)
            locked.extend(dict.fromkeys(t for t in locked_tables(text, parameters) if t not in known))
        return execute(statement, parameters, many, context)

    with (
        mock.patch.object(connection, "_commit", at_the_end(connection._commit)),
        mock.patch.object(connection, "_rollback", at_the_end(connection._rollback)),
        connection.execute_wrapper(watch),
    ):
        yield orders


def out_of_order(orders: Iterable[tuple[str, ...]]) -> list[str]:
    """Return what of ``orders`` contradicts the declared order."""
    place = {table: number for number, table in enumerate(DECLARED)}
    wrong = []
    for order in sorted(orders):
        tables = [table for table in order if table in place]
        if tables != sorted(tables, key=place.__getitem__):
            wrong.append(" -> ".join(tables))
    return wrong
