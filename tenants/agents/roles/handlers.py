"""Roles that must be kept up are looked at on the first day of each month, quarter or year.

The day is an outbox event that waits for its moment, in the tenant's time zone. It survives any crash, scans
no other tenant, and after an outage every edge that was missed is done in order. The rules that were in force
until the edge decide.
"""

from datetime import date
from uuid import UUID

from kernel.days import first_moment
from kernel.events import outbox
from kernel.models import Event
from kernel.tenancy import in_tenant
from tenants.agents.roles import services
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.agents.rules_versions.models import RulesVersion
from tenants.agents.rules_versions.review_days import REVIEW_DUE, emit_next_review
from tenants.registry.models import Tenant
from tenants.registry.selectors import tenant_of_schema


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    outbox.subscribe(REVIEW_DUE, on_review_day)


def on_review_day(event: Event) -> None:
    """Review the holders of roles that are looked at on the event's day, and let the next day wait."""
    tenant = tenant_of_schema(event.schema)
    if tenant.state != Tenant.State.ACTIVE:
        return
    edge, number = date.fromisoformat(event.payload["edge"]), int(event.payload["version"])
    with in_tenant(tenant):
        zone = tenant.zone
        until = first_moment(edge, zone)
        last = RulesVersion.objects.filter(effective_from__lt=until).order_by("-number").first()
        if last is None or last.number != number:
            return  # a later version has a chain of edges of its own
        rules = rules_version_selectors.rules_of(number)
        done = services.review_holders(rules=rules, edge=edge, after=UUID(event.payload["after"]))
        if len(done) == services.CHUNK:
            outbox.emit(REVIEW_DUE, {**event.payload, "after": str(done[-1])})
        else:
            emit_next_review(version=number, rules=rules, after=edge, zone=zone)
