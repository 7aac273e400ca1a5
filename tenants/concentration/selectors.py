"""The last look at every shop's circle, and which alarms nobody has looked at."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from kernel.texts.translated import pick
from tenants.concentration.figures import Figures
from tenants.concentration.models import CircleReading
from tenants.registry.models import Tenant
from tenants.registry.selectors import active_tenants


@dataclass(frozen=True, slots=True)
class LatestReading:
    """The last look at one shop, and whether its alarms were looked at."""

    id: UUID
    tenant_id: UUID
    name: str
    day: date
    currency: str
    figures: Figures
    alarms: list[str]
    seen_by: str
    seen_note: str


def latest_readings() -> list[LatestReading]:
    """Return the last look at every open shop, those with alarms that nobody looked at first."""
    names = {tenant.pk: pick(tenant.name) for tenant in active_tenants()}
    latest = (
        CircleReading.objects.filter(tenant_id__in=names).order_by("tenant_id", "-day").distinct("tenant_id")
    )
    rows = [
        LatestReading(
            row.id,
            row.tenant_id,
            names[row.tenant_id],
            row.day,
            row.currency,
            Figures(**row.figures),
            row.alarms,
            row.seen_by,
            row.seen_note,
        )
        for row in latest
    ]
    return sorted(
        rows, key=lambda shop: (not shop.alarms or bool(shop.seen_by), -len(shop.alarms), shop.name)
    )


def count_unseen_alarms() -> float:
    """Return in how many open shops the last look found something that nobody has looked at."""
    of_open_shops = Q(tenant_id__in=Tenant.objects.filter(state=Tenant.State.ACTIVE).values("pk"))
    latest = CircleReading.objects.filter(of_open_shops).order_by("tenant_id", "-day").distinct("tenant_id")
    return float(sum(1 for row in latest.only("alarms", "seen_at") if row.alarms and row.seen_at is None))
