"""Moving stock: hold it for an order, take it, give it back, switch a variant to hot.

Each function is one call of a database function (stock/sql/) and joins the caller's
transaction. Rows are locked in the order of variant ids by all of them. A hot variant is one that
very many want at once: its units are rows of their own, taken with SKIP LOCKED, so that buyers do
not wait for each other. Whoever reserves need not know which kind a variant is.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from kernel import audit, clock, unit_of_work
from kernel.errors import Conflict, NotFound, OutOfStock
from kernel.unit_of_work import joins_transaction

EXPIRY_BATCH = 1000
GATE_SECONDS = 0.5
_sold_out: dict[UUID, float] = {}
"""Hot variants of which the database has just said that nothing is left, neither free nor in anybody's
hands. Who comes within the next moment is told so without asking it again; it is no more than a gate, and
what comes back in this process opens it at once. Until when, by the monotonic clock."""


@joins_transaction
def reserve(
    *,
    reference: UUID,
    quantities: Mapping[UUID, int],
    expires_at: datetime,
    tenant_id: UUID | None = None,
    for_sale: bool = True,
) -> None:
    """Hold ``quantities`` (variant id -> units) for ``reference`` until ``expires_at``; all or nothing.

    Must run inside a transaction. The same reference again changes nothing. Raises OutOfStock, whose
    ``value`` and ``details['variant_id']`` name the first variant that is short, or Conflict
    ``not_for_sale`` for one that may not be sold (see catalog.products.selectors.sellable_condition; in the
    tenant ``tenant_id``, else in any); nothing is held then. ``for_sale=False`` is for samples, which nobody
    buys.
    """
    if not quantities or min(quantities.values()) < 1:
        raise ValueError(f"a reservation needs whole units of something, not {dict(quantities)}")
    for variant_id in quantities:
        if _sold_out.get(variant_id, 0.0) > time.monotonic():
            raise short(variant_id)
    unit_of_work.flush()  # many buyers wait for these rows
    culprit, problem = call(
        "SELECT culprit, problem FROM public.catalog_reserve(%s, %s::uuid[], %s::integer[], %s, %s, %s)",
        [reference, list(quantities), list(quantities.values()), expires_at, for_sale, tenant_id],
    )
    if problem == "not_for_sale":
        raise Conflict(
            _("this product is no longer on sale"),
            field="variant_id",
            value=str(culprit),
            remedy=_("remove it from the order"),
            code="not_for_sale",
            variant_id=str(culprit),
        )
    if problem == "sold_out":
        _sold_out[culprit] = time.monotonic() + GATE_SECONDS
    if problem is not None:
        raise short(culprit)


def short(variant_id: UUID) -> OutOfStock:
    """Return what says that a variant is short."""
    return OutOfStock(
        _("fewer units are left than were asked for"),
        field="quantity",
        value=str(variant_id),
        remedy=_("take fewer, or another variant"),
        variant_id=str(variant_id),
    )


@joins_transaction
def commit_reservation(*, reference: UUID) -> bool:
    """Take the held units out of stock for good; must run inside a transaction.

    Returns True if they are (now, or since an earlier call). A reservation that had expired is
    taken again if the units are still there. Returns False, and changes nothing, if they are not,
    if it was released, or if there is none.
    """
    return bool(call("SELECT public.catalog_commit(%s)", [reference])[0])


@joins_transaction
def release_reservation(*, reference: UUID) -> int:
    """Give held units back and close the reservation; must run inside a transaction.

    Returns the lines released. Nothing happens to what is committed (see ``restock``) or released.
    """
    _sold_out.clear()
    return int(call("SELECT public.catalog_release(%s)", [reference])[0])


def release_expired(*, at_most: int = EXPIRY_BATCH) -> int:
    """Give back what is held beyond its time, the oldest ``at_most`` lines; return how many.

    Passes over rows that somebody is paying or releasing at this moment.
    """
    _sold_out.clear()
    return int(call("SELECT public.catalog_expire(%s, %s)", [clock.now(), at_most])[0])


@joins_transaction
def restock(*, quantities: Mapping[UUID, int]) -> None:
    """Put units back (a refund before shipping, say). Must run inside a transaction."""
    if any(quantity < 1 for quantity in quantities.values()):
        raise ValueError("only whole units can be put back")
    _sold_out.clear()
    call(
        "SELECT public.catalog_restock(%s::uuid[], %s::integer[])",
        [list(quantities), list(quantities.values())],
    )


def set_hot(*, variant_id: UUID, hot: bool, acting_user: Any) -> None:
    """Keep a variant's units as tokens, or as one number again; nothing is lost while others buy.

    Waits for those who are buying it at this moment. Raises NotFound for a variant without stock.
    """
    _sold_out.clear()
    with transaction.atomic():
        if call("SELECT public.catalog_set_hot(%s, %s)", [variant_id, hot])[0]:
            audit.record(
                "set_hot",
                actor=acting_user,
                object_type="variant",
                object_id=variant_id,
                changes={"is_hot": [not hot, hot]},
            )
            return
        row = call("SELECT count(*) FROM public.catalog_stock WHERE variant_id = %s", [variant_id])
        if not row[0]:
            raise NotFound(_("this variant has no stock"), field="variant_id", value=str(variant_id))


def reopen_gate() -> None:
    """Forget which variants were sold out: somebody has brought more."""
    _sold_out.clear()


def count_hot(variant_id: UUID | None = None) -> int:
    """Write into the rows of hot variants (or of one) what they have; return how many had changed."""
    with transaction.atomic():
        return int(call("SELECT public.catalog_count_hot(%s::uuid)", [variant_id])[0])


def call(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """Return the first row of a call of a database function."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
