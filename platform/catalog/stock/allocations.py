"""Units set aside for a campaign: written by a shop, moved by stock/sql/allocations.sql."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from catalog.models import Allocation
from catalog.stock import services
from kernel import clock
from kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of an allocation: of those open to others, or of its seller's own."""

    allocation_id: UUID
    is_open: bool
    quantity: int


def set_aside(allocation: Allocation) -> None:
    """Write an allocation, which takes its units from the shared stock; OutOfStock if they are not there."""
    allocation.own = allocation.units
    with transaction.atomic():
        allocation.save(force_insert=True)


def reserve(
    *,
    reference: UUID,
    taken: Iterable[Taken],
    expires_at: datetime,
    tenant_id: UUID,
    through: Collection[UUID],
) -> None:
    """Hold units of campaigns for ``reference``, after what it holds of the shared stock; all or nothing.

    Must run inside a transaction. ``through``: the members through whom the buyer comes. Times and who may
    buy are looked at here, whatever a page said before. Raises OutOfStock.
    """
    wanted = list(taken)
    row = services.call(
        "SELECT culprit, problem FROM public.catalog_reserve_allocated("
        "%s, %s::uuid[], %s::boolean[], %s::integer[], %s, %s, %s, %s::uuid[])",
        [
            reference,
            [one.allocation_id for one in wanted],
            [one.is_open for one in wanted],
            [one.quantity for one in wanted],
            expires_at,
            clock.now(),
            tenant_id,
            list(through),
        ],
    )
    if row[1] is not None:
        raise services.short(row[0])


def of_campaign(campaign_id: UUID) -> QuerySet[Allocation]:
    """Return what a campaign has, with variants and products."""
    return Allocation.objects.filter(campaign_id=campaign_id).select_related("variant__product__supplier")


def running(*, tenant_id: UUID, variants: Collection[UUID]) -> QuerySet[Allocation]:
    """Return what the shop's campaigns have of these variants at this moment."""
    now = clock.now()
    return Allocation.objects.filter(
        tenant_id=tenant_id,
        variant_id__in=variants,
        closed_at=None,
        starts_at__lte=now,
        matrix_until__gt=now,
    ).order_by("id")


def release(*, tenant_id: UUID, campaign_id: UUID, units: Mapping[UUID, int] | None = None) -> int:
    """Let others sell units of the seller's (variant id -> units), or all; return how many were released.

    InvalidInput if the seller has fewer left: then nothing is released. Must run inside a transaction.
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


def end(*, tenant_id: UUID, campaign_id: UUID) -> None:
    """Give back to the shared stock what nobody bought, now; must run inside a transaction."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.catalog_lock_campaign(%s)", [campaign_id])
    Allocation.objects.filter(tenant_id=tenant_id, campaign_id=campaign_id, matrix_until__gt=now).update(
        starts_at=_earlier("starts_at", now), ends_at=_earlier("ends_at", now), matrix_until=now
    )
    follow(campaign_id=campaign_id)


def _earlier(field: str, now: datetime) -> Least:
    return Least(F(field), Value(now))


def follow(*, campaign_id: UUID) -> None:
    """Do what the hour says: open to others what their seller had left, then give back what nobody bought."""
    services.reopen_gate()
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.catalog_follow_campaign(%s, %s)", [campaign_id, clock.now()])
