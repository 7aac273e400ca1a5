"""Reads of allocations: a campaign's, and those that run at this moment."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from catalog.allocations.models import Allocation
from kernel import clock


def allocations_of(campaign_id: UUID) -> QuerySet[Allocation]:
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
