"""Writes of stock: reserved for an order, committed, released, set by hand; a variant becomes hot.

What checkouts do is one call of a database function (stock/sql/) and joins the caller's
transaction; what people set by hand is a command of its own. Rows are locked in the order of variant ids by
all of them. A hot variant is one that
very many want at once: its units are rows of their own, taken with SKIP LOCKED, so that buyers do
not wait for each other. Whoever reserves need not know which kind a variant is.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.products import services as product_services
from catalog.stock.models import Stock
from kernel import audit, clock
from kernel.database import unit_of_work
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict, InvalidInput, NotFound, OutOfStock

EXPIRY_BATCH = 1000
SOLD_OUT_SECONDS = 0.5
_sold_out: dict[UUID, float] = {}
"""Hot variants of which the database has just said that nothing is left, neither free nor in anybody's
hands, with the moment (of the monotonic clock) until which a buyer is refused without asking it again.
Units that come back in this process clear it at once."""


@joins_transaction
def reserve(
    *,
    reference: UUID,
    quantities: Mapping[UUID, int],
    expires_at: datetime,
    tenant_id: UUID | None = None,
    for_sale: bool = True,
) -> None:
    """Reserve ``quantities`` (variant id -> units) for ``reference`` until ``expires_at``; all or nothing.

    The same reference again changes nothing. Raises OutOfStock, whose
    ``value`` and ``details['variant_id']`` name the first variant that is short, or Conflict
    ``not_for_sale`` for one that may not be sold (see catalog.products.selectors.sellable_condition; in the
    tenant ``tenant_id``, else in any); nothing is reserved then. ``for_sale=False`` is for samples, which
    nobody buys.
    """
    if not quantities or min(quantities.values()) < 1:
        raise ValueError(f"a reservation needs whole units of something, not {dict(quantities)}")
    for variant_id in quantities:
        if _sold_out.get(variant_id, 0.0) > time.monotonic():
            raise out_of_stock(variant_id)
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
        _sold_out[culprit] = time.monotonic() + SOLD_OUT_SECONDS
    if problem is not None:
        raise out_of_stock(culprit)


def out_of_stock(variant_id: UUID) -> OutOfStock:
    """Return the error for a variant of which too few units are left."""
    return OutOfStock(
        _("fewer units are left than were asked for"),
        field="quantity",
        value=str(variant_id),
        remedy=_("take fewer, or another variant"),
        variant_id=str(variant_id),
    )


@joins_transaction
def commit_reservation(*, reference: UUID) -> bool:
    """Take the reserved units out of stock for good.

    Returns True if they are (now, or since an earlier call). A reservation that had expired is
    taken again if the units are still there. Returns False, and changes nothing, if they are not,
    if it was released, or if there is none.
    """
    return bool(call("SELECT public.catalog_commit(%s)", [reference])[0])


@joins_transaction
def release_reservation(*, reference: UUID) -> int:
    """Give reserved units back and close the reservation.

    Returns the lines released. Nothing happens to what is committed (see ``restock``) or released.
    """
    _sold_out.clear()
    return int(call("SELECT public.catalog_release(%s)", [reference])[0])


def release_expired(*, at_most: int = EXPIRY_BATCH) -> int:
    """Give back what is reserved beyond its time, the oldest ``at_most`` lines; return how many.

    Passes over rows that somebody is paying or releasing at this moment.
    """
    _sold_out.clear()
    return int(call("SELECT public.catalog_expire(%s, %s)", [clock.now(), at_most])[0])


@joins_transaction
def restock(*, quantities: Mapping[UUID, int]) -> None:
    """Put units back (a refund before shipping, say)."""
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
    with transaction.atomic(durable=True):
        _set_hot(variant_id=variant_id, hot=hot, acting_user=acting_user)


@joins_transaction
def _set_hot(*, variant_id: UUID, hot: bool, acting_user: Any) -> None:
    _sold_out.clear()
    if call("SELECT public.catalog_set_hot(%s, %s)", [variant_id, hot])[0]:
        audit.record(
            "set_hot",
            actor=acting_user,
            object_type="catalog.variant",
            object_id=variant_id,
            changes={"is_hot": [not hot, hot]},
        )
        return
    row = call("SELECT count(*) FROM public.catalog_stock WHERE variant_id = %s", [variant_id])
    if not row[0]:
        raise NotFound(_("this variant has no stock"), field="variant_id", value=str(variant_id))


def forget_sold_out() -> None:
    """Forget which variants were sold out: there may be more of them now."""
    _sold_out.clear()


def count_hot(variant_id: UUID | None = None) -> int:
    """Write into the rows of hot variants (or of one) what they have; return how many had changed."""
    with transaction.atomic(durable=True):
        return int(call("SELECT public.catalog_count_hot(%s::uuid)", [variant_id])[0])


def call(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """Return the first row of a call of a database function."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def set_stock(*, variant_id: UUID, available: int, acting_user: Any) -> None:
    """Say how many units of a variant can still be sold, beside what is reserved. Raises InvalidInput."""
    with transaction.atomic(durable=True):
        _set_stock(variant_id=variant_id, available=available, acting_user=acting_user)


@joins_transaction
def _set_stock(*, variant_id: UUID, available: int, acting_user: Any) -> None:
    if available < 0:
        raise InvalidInput(
            _("stock cannot be negative"), field="available", value=available, remedy=_("write 0 or more")
        )
    stock, created = Stock.objects.select_for_update().get_or_create(variant_id=variant_id)
    if stock.available == available and not created:
        return
    forget_sold_out()
    before, stock.available = stock.available, available
    stock.save(update_fields=["available"])
    audit.record(
        "set_stock",
        actor=acting_user,
        object_type="catalog.variant",
        object_id=variant_id,
        changes={"available": [before, available]},
    )


@dataclass(frozen=True, slots=True)
class VariantChange:
    """What changes of a variant in one currency; None stays. ``amounts``: cost, minimum and suggested."""

    variant_id: UUID
    currency: str
    amounts: Mapping[str, int] | None
    available: int | None
    is_hot: bool | None


def change_variants(*, changes: Sequence[VariantChange], acting_user: Any) -> None:
    """Set amounts and stock of many variants, all or nothing. Raises InvalidInput."""
    with transaction.atomic(durable=True):
        for change in changes:
            variant: dict[str, Any] = {"variant_id": change.variant_id, "acting_user": acting_user}
            if change.amounts is not None:
                product_services.set_price(
                    **variant, currency=change.currency, **dict[str, Any](change.amounts)
                )
            if change.available is not None:
                _set_stock(**variant, available=change.available)
            if change.is_hot is not None:
                _set_hot(**variant, hot=change.is_hot)
