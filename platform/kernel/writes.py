"""Writing rows of several tables in one statement.

A paid order writes to ten tables of five rooms, and each round trip costs more than the rows it carries.
Inside ``together`` what rooms hand to ``insert`` and ``update`` waits, and goes out as one statement (with
data-modifying CTEs) when the block ends. Constraints and triggers hold as ever; all is in the transaction
that is open. Signals are not sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections
from django.db.models import Field, Model, Q
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import InsertQuery, UpdateQuery


@dataclass(frozen=True, slots=True)
class _Write:
    """Rows of one table to be inserted, or one row to be changed in ``fields``."""

    rows: Sequence[Model]
    fields: Sequence[str] = ()


AS_COLUMNS = " SELECT * FROM UNNEST("
"""How Django inserts several rows of simple columns: each column's values as one array."""
KEPT_ROWS = 20
# What Django wrote for up to so many rows of a table, by which of their columns the database fills in:
# writing it takes longer than taking the values together.
_texts: dict[tuple[type[Model], tuple[bool, ...]], str] = {}
# One list for each open block, the innermost last.
_waiting: ContextVar[tuple[list[_Write], ...]] = ContextVar("waiting", default=())


@contextmanager
def together() -> Iterator[None]:
    """Gather the writes of the block into one statement; of a block that fails nothing is written.

    A block inside another hands its writes on to that one. Whoever reads what was handed over calls
    ``flush`` first. Must run inside a transaction; one opened inside the block may not be rolled back alone.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("rows are gathered inside the transaction that writes them")
    own: list[_Write] = []
    outer = _waiting.get()
    token = _waiting.set((*outer, own))
    try:
        yield
    finally:
        _waiting.reset(token)
    if outer:
        outer[-1].extend(own)
    else:
        _execute(own)


def insert(rows: Iterable[Model]) -> None:
    """Insert rows of one table: now, or with the block that is open. Their keys are known already.

    What the database itself fills in (a default of its own) is read when somebody asks for it.
    """
    if found := list(rows):
        _write(_Write(found))


def update(row: Model, fields: Sequence[str]) -> None:
    """Write these fields of a row that exists: now, or with the block that is open.

    The values are those at the time of writing.
    """
    if any(write.rows[0] is row for block in _waiting.get() for write in block):
        flush()  # a statement sees no row twice
    _write(_Write([row], tuple(fields)))


def flush() -> None:
    """Write what waits: before it is read, or before a lock is taken that should not be held for long."""
    blocks = _waiting.get()
    writes = [write for block in blocks for write in block]
    for block in blocks:
        block.clear()
    _execute(writes)


def _write(write: _Write) -> None:
    if blocks := _waiting.get():
        blocks[-1].append(write)
    else:
        _execute([write])


def _execute(writes: Sequence[_Write]) -> None:
    if not writes:
        return
    parts = [_updating(write) if write.fields else _inserting(write.rows) for write in writes]
    with connection.cursor() as cursor:
        if len(parts) == 1:
            cursor.execute(*parts[0])
        else:
            steps = ", ".join(f"w{number} AS ({text})" for number, (text, _values) in enumerate(parts))
            cursor.execute(f"WITH {steps} SELECT 1", [value for _text, values in parts for value in values])
    for write in writes:
        for row in write.rows:
            _stored(row)


def _inserting(rows: Sequence[Model]) -> tuple[str, Sequence[Any]]:
    model, link = type(rows[0]), connections[connection.alias]
    fields: list[Field[Any, Any]] = [field for field in model._meta.concrete_fields if not field.generated]
    taken = [[(field, field.pre_save(row, add=True)) for field in fields] for row in rows]
    shape = tuple(isinstance(value, DatabaseDefault) for row in taken for _field, value in row)
    text = _texts.get((model, shape))
    if text is None:
        query = InsertQuery(model)
        query.insert_values(fields, list(rows))
        ((text, _values),) = query.get_compiler(connection=link).as_sql()
        if len(rows) <= KEPT_ROWS:
            _texts[model, shape] = text
    values = [
        [
            field.get_db_prep_save(value, link)
            for field, value in row
            if not isinstance(value, DatabaseDefault)
        ]
        for row in taken
    ]
    if AS_COLUMNS in text:
        return text, [list(column) for column in zip(*values, strict=True)]
    return text, [value for row in values for value in row]


def _updating(write: _Write) -> tuple[str, Sequence[Any]]:
    row = write.rows[0]
    model, query = type(row), UpdateQuery(type(row))
    query.add_q(Q(pk=row.pk))
    fields = [field for field in model._meta.concrete_fields if field.name in write.fields]
    values: list[Any] = [(field, None, field.pre_save(row, add=False)) for field in fields]
    query.add_update_fields(values)
    text, parameters = query.get_compiler(connection=connection).as_sql()
    return text, parameters


def _stored(row: Model) -> None:
    row._state.adding, row._state.db = False, connection.alias
    for field in row._meta.concrete_fields:
        if isinstance(row.__dict__.get(field.attname), DatabaseDefault):
            del row.__dict__[field.attname]
