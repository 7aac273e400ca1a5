"""Moving stock: hold it for an order, take it, give it back.

Each function is one call of a database function (migration 0002) and joins the caller's
transaction. Rows are locked in the order of variant ids by all of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from kernel import clock
from kernel.errors import OutOfStock

EXPIRY_BATCH = 1000


def reserve(*, reference: UUID, quantities: Mapping[UUID, int], expires_at: datetime) -> None:
    """Hold ``quantities`` (variant id -> units) for ``reference`` until ``expires_at``; all or nothing.

    Must run inside a transaction. The same reference again changes nothing. Raises OutOfStock, whose
    ``value`` and ``details['variant_id']`` name the first variant that is short; nothing is held then.
    """
    _must_be_in_transaction()
    if not quantities or min(quantities.values()) < 1:
        raise ValueError(f"a reservation needs whole units of something, not {dict(quantities)}")
    short = _call(
        "SELECT public.catalog_reserve(%s, %s::uuid[], %s::integer[], %s)",
        [reference, list(quantities), list(quantities.values()), expires_at],
    )
    if short is not None:
        raise OutOfStock(
            _("fewer units are left than were asked for"),
            field="quantity",
            value=str(short),
            remedy=_("take fewer, or another variant"),
            variant_id=str(short),
        )


def commit_reservation(*, reference: UUID) -> bool:
    """Take the held units out of stock for good; must run inside a transaction.

    Returns True if they are (now, or since an earlier call). A reservation that had expired is
    taken again if the units are still there. Returns False, and changes nothing, if they are not,
    if it was released, or if there is none.
    """
    _must_be_in_transaction()
    return bool(_call("SELECT public.catalog_commit(%s)", [reference]))


def release_reservation(*, reference: UUID) -> int:
    """Give held units back and close the reservation; must run inside a transaction.

    Returns the lines released. Nothing happens to what is committed (see ``restock``) or released.
    """
    _must_be_in_transaction()
    return int(_call("SELECT public.catalog_release(%s)", [reference]) or 0)


def release_expired(*, at_most: int = EXPIRY_BATCH) -> int:
    """Give back what is held beyond its time, the oldest ``at_most`` lines; return how many.

    Passes over rows that somebody is paying or releasing at this moment.
    """
    return int(_call("SELECT public.catalog_expire(%s, %s)", [clock.now(), at_most]) or 0)


def restock(*, quantities: Mapping[UUID, int]) -> None:
    """Put units back (a refund before shipping, say). Must run inside a transaction."""
    _must_be_in_transaction()
    if any(quantity < 1 for quantity in quantities.values()):
        raise ValueError("only whole units can be put back")
    with connection.cursor() as cursor:
        for variant_id in sorted(quantities):
            cursor.execute(
                "UPDATE public.catalog_stock SET available = available + %s WHERE variant_id = %s",
                [quantities[variant_id], variant_id],
            )


def _must_be_in_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("stock moves only inside the transaction of what it is moved for")


def _call(statement: str, parameters: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
