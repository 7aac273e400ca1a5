"""Locks by name, held until the transaction ends."""

from django.db import connection


def lock_name(name: str) -> None:
    """Wait for, then hold, the transaction's lock called ``name``; it must be called inside a transaction.

    Two commands that take the same name run one after the other: for things that have no row to lock
    yet, such as an idempotency key.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"lock {name} taken outside a transaction would guard nothing")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
