"""Celery: the circles of all shops are looked at once a day."""

from dataclasses import asdict
from uuid import UUID

from celery import current_app, shared_task

from kernel import clock
from kernel.clock import OFFICE_ZONE
from kernel.tenancy import in_public, in_tenant
from tenants.concentration import figures as concentration_figures
from tenants.concentration.models import CircleReading
from tenants.registry.models import Tenant
from tenants.registry.selectors import active_tenants, get_tenant


@shared_task(ignore_result=True)
def watch_circles() -> int:
    """Ask for a look at every open shop; returns how many."""
    with in_public():
        keys = [
            str(key) for key in active_tenants().exclude(schema_name="public").values_list("pk", flat=True)
        ]
    for key in keys:
        current_app.send_task(
            "tenants.concentration.tasks.watch_circle", [key], ignore_result=True, retry=False
        )
    return len(keys)


@shared_task(ignore_result=True)
def watch_circle(tenant_id: str) -> None:
    """Look at one shop's circle. Again on the same day: the figures are those of the last look."""
    tenant = get_tenant(UUID(tenant_id))
    if tenant.state != Tenant.State.ACTIVE:
        return
    with in_tenant(tenant):
        figures = concentration_figures.figures()
    with in_public():
        now = clock.now()
        CircleReading.objects.update_or_create(
            tenant_id=tenant.pk,
            day=now.astimezone(OFFICE_ZONE).date(),
            defaults={
                "figures": asdict(figures),
                "currency": tenant.currency,
                "alarms": figures.alarms,
                "taken_at": now,
            },
        )
