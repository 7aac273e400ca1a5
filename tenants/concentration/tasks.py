"""Celery: the circles of all shops are looked at once a day."""

from uuid import UUID

from celery import current_app, shared_task

from kernel.tenancy import in_public
from tenants.concentration import services
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
    if tenant.state == Tenant.State.ACTIVE:
        services.read_circle(tenant=tenant)
