"""Roles that must be kept up are looked at on the first day of each month, quarter or year.

The day is an outbox event that waits for its moment, in the tenant's time zone. It survives any crash, scans
no other tenant, and after an outage every edge that was missed is done in order. The rules that were in force
until the edge decide.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel import clock, outbox
from kernel.models import OutboxEvent
from kernel.tenancy import in_tenant
from tenants.agents import selectors
from tenants.agents.models import Member, RulesVersion
from tenants.agents.roles import services
from tenants.agents.rules.parsing import Rules, conditions
from tenants.agents.rules.progress import period_start
from tenants.agents.rules.reviews import first_moment, local_day, next_edge, review
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant, tenant_of_schema

TOPIC = "roles.review"
CHUNK = 500
FIRST = UUID(int=0)


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    outbox.subscribe(TOPIC, on_edge)


def schedule(version: RulesVersion, rules: Rules) -> None:
    """Let a version that was switched on be looked after at its first edge. In a transaction."""
    zone = ZoneInfo(current_tenant().timezone)
    _emit_next(version.number, rules, local_day(version.effective_from, zone), zone)


def on_edge(event: OutboxEvent) -> None:
    """Review the holders of roles that are looked at on the event's day, and let the next day wait."""
    tenant = tenant_of_schema(event.schema)
    if tenant.state != Tenant.State.ACTIVE:
        return
    edge, number = date.fromisoformat(event.payload["edge"]), int(event.payload["version"])
    with in_tenant(tenant):
        zone = ZoneInfo(tenant.timezone)
        until = first_moment(edge, zone)
        last = RulesVersion.objects.filter(effective_from__lt=until).order_by("-number").first()
        if last is None or last.number != number:
            return  # a later version has a chain of edges of its own
        rules = selectors.rules_of(number)
        done = review_holders(rules, edge, after=UUID(event.payload["after"]))
        if len(done) == CHUNK:
            outbox.emit(TOPIC, {**event.payload, "after": str(done[-1])})
        else:
            _emit_next(number, rules, edge, zone)


def review_holders(rules: Rules, edge: date, *, after: UUID = FIRST) -> list[UUID]:
    """Take roles from those who no longer keep them on ``edge``; return the next CHUNK of holders looked at.

    Must run inside a transaction. A role gained since the edge is left alone until the next.
    """
    roles = [r for r in rules.document.roles if r.lost and period_start(r.lost.every, edge) == edge]
    asked = [leaf for role in roles if role.lost for _place, leaf in conditions(role.lost.needs, ())]
    holders = list(
        Member.objects.filter(pk__gt=after, roles__overlap=[role.id for role in roles]).order_by("pk")[:CHUNK]
    )
    zone = ZoneInfo(current_tenant().timezone)
    since = first_moment(edge, zone).isoformat()
    eve = date.fromordinal(edge.toordinal() - 1)
    facts = services.facts_of_many(holders, asked, eve)
    for member in holders:
        for outcome in review(facts[member.pk], rules, edge):
            is_new = str(member.role_facts.get(outcome.role, {}).get("at", "")) >= since
            if not outcome.kept and not is_new:
                services.take(member, outcome.role, lost=outcome.why)
    return [member.pk for member in holders]


def _emit_next(version: int, rules: Rules, after: date, zone: ZoneInfo) -> None:
    days: Sequence[date] = [next_edge(r.lost.every, after) for r in rules.document.roles if r.lost]
    if days:
        edge = min(days)
        payload = {"version": version, "edge": edge.isoformat(), "after": str(FIRST)}
        outbox.emit(TOPIC, payload, delay=first_moment(edge, zone) - clock.now())
