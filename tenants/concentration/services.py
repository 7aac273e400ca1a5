"""Looking at a shop's circle, and that somebody of the central team has seen its alarms."""

from dataclasses import asdict
from uuid import UUID

from django.db import transaction

from accounts.models import User
from kernel import audit, clock
from kernel.clock import CENTRAL_ZONE
from kernel.errors import NotFound
from kernel.tenancy import in_public, in_tenant
from tenants.concentration import figures
from tenants.concentration.models import CircleReading
from tenants.registry.models import Tenant


def read_circle(*, tenant: Tenant) -> None:
    """Write down the figures of one shop's circle; again on the same day they are those of the last look."""
    with in_tenant(tenant):
        circle_figures = figures.figures()
    with in_public():
        now = clock.now()
        CircleReading.objects.update_or_create(
            tenant_id=tenant.pk,
            day=now.astimezone(CENTRAL_ZONE).date(),
            defaults={
                "figures": asdict(circle_figures),
                "currency": tenant.currency,
                "alarms": circle_figures.alarms,
                "taken_at": now,
            },
        )


def mark_seen(*, reading_id: UUID, note: str, acting_user: User) -> None:
    """Somebody looked at a shop's alarms and says what came of it. Raises NotFound."""
    with transaction.atomic(durable=True):
        row = CircleReading.objects.select_for_update().filter(pk=reading_id).first()
        if row is None:
            raise NotFound("there is no such reading", field="reading", value=reading_id)
        row.seen_by, row.seen_note, row.seen_at = str(acting_user), note[:300], clock.now()
        row.save(update_fields=["seen_by", "seen_note", "seen_at"])
        audit.record(
            "circle.alarm_seen",
            actor=acting_user,
            object_type="registry.tenant",
            object_id=row.tenant_id,
            changes={"alarms": row.alarms, "day": str(row.day)},
            reason=note,
        )
