"""The unit of work of a command: one transaction, its locks in one order, its rows in few statements.

Learn it once:

- The outermost command opens ``transaction.atomic(durable=True)``. What it calls joins that transaction and
  is marked ``@joins_transaction``: outside one it refuses to run.
- Rows are locked in the order of docs/locks.md. ``lock_name`` is for things that have no row to lock yet.
- Inside ``gather_writes`` rows that are handed to ``insert`` and ``update`` wait and go out as one statement
  (with data-modifying CTEs): a paid order writes to ten tables, and each round trip costs more than the rows
  it carries. A statement that names a table of which rows wait sends them first, so reads see writes; so does
  whoever takes locks that many commands share (stock, the ledger), by ``flush``. Constraints and triggers
  hold as ever. Signals are not sent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
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

    @property
    def table(self) -> str:
        return self.rows[0]._meta.db_table


AS_COLUMNS = " SELECT * FROM UNNEST("
"""How Django inserts several rows of simple columns: each column's values as one array."""
KEPT_ROWS = 20
# What Django wrote for up to so many rows of a table, by which of their columns the database fills in:
# writing it takes longer than taking the values together.
_texts: dict[tuple[type[Model], tuple[bool, ...]], str] = {}
# What waits in the open block; None where none is open.
_waiting: ContextVar[list[_Write] | None] = ContextVar("waiting", default=None)


def joins_transaction[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Let ``function`` run inside a transaction only: that of the command which calls it."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> T:
        if not connection.in_atomic_block:
            name = f"{function.__module__}.{function.__qualname__}"
            raise RuntimeError(f"{name} belongs inside the transaction of the command that calls it")
        return function(*args, **kwargs)

    return inside


@joins_transaction
def lock_name(name: str) -> None:
    """Wait for, then hold until the transaction ends, the lock called ``name``.

    Two commands that take the same name run one after the other: for things that have no row to lock yet,
    such as an idempotency key.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def gather_writes() -> Iterator[None]:
    """Gather the writes of the block into one statement; of a block that fails nothing is written.

    A block inside another is part of that one. Must run inside a transaction; one opened inside the block may
    not be rolled back alone.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("rows are gathered inside the transaction that writes them")
    outer = _waiting.get()
    if outer is not None:
        before = len(outer)
        try:
            yield
        except BaseException:
            del outer[before:]
            raise
        return
    token = _waiting.set([])
    try:
        with connection.execute_wrapper(_flush_before_reading):
            yield
            flush()
    finally:
        _waiting.reset(token)


def _flush_before_reading(
    execute: Callable[..., Any], statement: Any, parameters: Any, many: bool, context: Mapping[str, Any]
) -> Any:
    if waiting := _waiting.get():
        text = str(statement)
        if any(write.table in text for write in waiting):
            flush()
    return execute(statement, parameters, many, context)


def insert(rows: Iterable[Model]) -> None:
    """Insert rows of one table: now, or with the block that is open. Their keys are known already.

    What the database itself fills in (a default of its own) is read when somebody asks for it.
    """
    if new_rows := list(rows):
        _write(_Write(new_rows))


def update(row: Model, fields: Sequence[str]) -> None:
    """Write these fields of a row that exists: now, or with the block that is open.

    The values are those at the time of writing.
    """
    if any(write.rows[0] is row for write in _waiting.get() or ()):
        flush()  # a statement sees no row twice
    _write(_Write([row], tuple(fields)))


def flush() -> None:
    """Write what waits: before a lock is taken that should not be held for long."""
    if waiting := _waiting.get():
        writes = tuple(waiting)
        waiting.clear()
        _execute(writes)


def _write(write: _Write) -> None:
    waiting = _waiting.get()
    if waiting is None:
        _execute([write])
    else:
        waiting.append(write)


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
    saved = [[(field, field.pre_save(row, add=True)) for field in fields] for row in rows]
    shape = tuple(isinstance(value, DatabaseDefault) for row in saved for _field, value in row)
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
        for row in saved
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
