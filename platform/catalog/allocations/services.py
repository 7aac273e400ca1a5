"""Writes of allocations (units set aside for a campaign); moved by allocations/sql/allocations.sql."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from catalog.allocations.models import Allocation
from catalog.stock import services as stock_services
from kernel import clock
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class AllocatedUnits:
    """Units of an allocation: of those open to others, or of its seller's own."""

    allocation_id: UUID
    is_open: bool
    quantity: int


@joins_transaction
def create_allocation(allocation: Allocation) -> None:
    """Write an allocation, which takes its units from the shared stock; OutOfStock if they are not there."""
    allocation.own = allocation.units
    with transaction.atomic():  # the caller may go on without these units
        allocation.save(force_insert=True)


@joins_transaction
def reserve(
    *,
    reference: UUID,
    units: Iterable[AllocatedUnits],
    expires_at: datetime,
    tenant_id: UUID,
    through: Collection[UUID],
) -> None:
    """Reserve units of campaigns for ``reference``, after those of the shared stock; all or nothing.

    ``through``: the members through whom the buyer comes. Times and who may
    buy are checked here, whatever a page showed before. Raises OutOfStock.
    """
    allocated = list(units)
    row = stock_services.call(
        "SELECT culprit, problem FROM public.catalog_reserve_allocated("
        "%s, %s::uuid[], %s::boolean[], %s::integer[], %s, %s, %s, %s::uuid[])",
        [
            reference,
            [row.allocation_id for row in allocated],
            [row.is_open for row in allocated],
            [row.quantity for row in allocated],
            expires_at,
            clock.now(),
            tenant_id,
            list(through),
        ],
    )
    if row[1] is not None:
        raise stock_services.out_of_stock(row[0])


@joins_transaction
def open_to_others(*, tenant_id: UUID, campaign_id: UUID, units: Mapping[UUID, int] | None = None) -> int:
    """Let others sell units of the seller's (variant id -> units), or all; return how many were released.

    InvalidInput if the seller has fewer left: then nothing is released.
    """
    rows = Allocation.objects.filter(
        tenant_id=tenant_id, campaign_id=campaign_id, closed_at=None, own__gt=0
    ).order_by("id")
    released = 0
    for row in rows.select_for_update(no_key=True):
        moved = row.own if units is None else units.get(row.variant_id, 0)
        if not 0 <= moved <= row.own:
            raise InvalidInput(
                _("fewer units are left than were asked for"),
                field="units",
                value=moved,
                remedy=_("release at most %(left)d") % {"left": row.own},
            )
        Allocation.objects.filter(pk=row.pk).update(own=F("own") - moved, open=F("open") + moved)
        released += moved
    return released


@joins_transaction
def end_allocations(*, tenant_id: UUID, campaign_id: UUID) -> None:
    """Give back to the shared stock what nobody bought, now."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.catalog_lock_campaign(%s)", [campaign_id])
    Allocation.objects.filter(tenant_id=tenant_id, campaign_id=campaign_id, matrix_until__gt=now).update(
        starts_at=_earlier("starts_at", now), ends_at=_earlier("ends_at", now), matrix_until=now
    )
    follow_times(campaign_id=campaign_id)


def _earlier(field: str, now: datetime) -> Least:
    return Least(F(field), Value(now))


@joins_transaction
def follow_times(*, campaign_id: UUID) -> None:
    """Do what is due: open to others what their seller had left, then give back what nobody bought."""
    stock_services.forget_sold_out()
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.catalog_follow_campaign(%s, %s)", [campaign_id, clock.now()])
