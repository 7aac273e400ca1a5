"""Roles reached by deeds: who is looked at when, what is counted, what is written down."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from kernel import clock
from tenants.agents.models import Member, Sale
from tenants.agents.rules import Deed, Facts, Rules, progress
from tenants.agents.rules.document import Condition
from tenants.agents.rules.parsing import conditions
from tenants.agents.rules.progress import window_start
from tenants.registry.selectors import current_tenant

BUYING = frozenset({"own_spend", "purchases"})
SELLING = frozenset({"own_sales"})
TEAM_SELLING = frozenset({"sales_of_bound"})
BINDING = frozenset({"bound_fans", "holders_below"})
EVERYTHING = BUYING | SELLING | TEAM_SELLING | BINDING


def review_sale(sale: Sale, rules: Rules) -> None:
    """Look at those whom a sale may have brought to a role. Must run inside a transaction.

    Costs no query where the rules promote by nothing that a sale changes.
    """
    if not _promoting(rules) & (BUYING | SELLING | TEAM_SELLING):
        return
    concerned = [(sale.buyer, BUYING), (sale.sharer, SELLING)]
    if sale.sharer and "sales_of_bound" in _promoting(rules):
        concerned.append((sale.sharer.bound_to, TEAM_SELLING))
    for member, metrics in concerned:
        if member:
            review(member, metrics, rules)


def review(member: Member, metrics: frozenset[str], rules: Rules) -> None:
    """Give ``member`` the roles that their deeds reach, as far as these depend on ``metrics``.

    Who gains a role may thereby bring a role to the one above, who is looked at in turn. Must run inside a
    transaction.
    """
    waiting = [(member, metrics)]
    while waiting:
        member, metrics = waiting.pop()
        asked = _asked(member, rules)
        if not any(leaf.metric in metrics for leaf in asked):
            continue
        changes = progress(facts_of(member, asked), rules)
        for change in changes:
            give(member, change.role, change.why)
        if changes and member.bound_to and BINDING & _promoting(rules):
            waiting.append((member.bound_to, BINDING))


def give(member: Member, role: str, why: Mapping[str, str]) -> None:
    """Add a role with the fact that caused it; a role already held stays as it is. In a transaction."""
    # Read under the lock: two orders at once may bring two roles to one person.
    member.refresh_from_db(from_queryset=Member.objects.select_for_update())
    if role not in member.roles:
        member.roles = [*member.roles, role]
        member.role_facts = {**member.role_facts, role: fact(why)}
        member.save(update_fields=["roles", "role_facts"])


def take(member: Member, role: str) -> None:
    """Remove a role. In a transaction."""
    member.refresh_from_db(from_queryset=Member.objects.select_for_update())
    member.roles = [held for held in member.roles if held != role]
    member.role_facts = {key: value for key, value in member.role_facts.items() if key != role}
    member.save(update_fields=["roles", "role_facts"])


def fact(why: Mapping[str, str]) -> dict[str, Any]:
    """Return what is kept of a role's cause."""
    return {"at": clock.now().isoformat(), "why": dict(why)}


def _promoting(rules: Rules) -> frozenset[str]:
    """The metrics that decide about any role."""
    wanted = [role.reach for role in rules.document.roles if role.reach]
    return frozenset(str(leaf.metric) for condition in wanted for _place, leaf in conditions(condition, ()))


def _asked(member: Member, rules: Rules) -> list[Condition]:
    """The metrics that decide about roles this member does not hold, or holds until a review."""
    asked: list[Condition] = []
    for role in rules.document.roles:
        held = role.id in member.roles
        condition = role.lost.needs if held and role.lost else None if held else role.reach
        if condition:
            asked += [leaf for _place, leaf in conditions(condition, ())]
    return asked


def facts_of(member: Member, asked: Iterable[Condition]) -> Facts:
    """Count what ``asked`` looks at, until now. One query for each metric (and role below)."""
    now = clock.now()
    zone = ZoneInfo(current_tenant().timezone)
    today = now.astimezone(zone).date()
    first: dict[tuple[str, str], date] = {}
    for leaf in asked:
        key = (str(leaf.metric), leaf.role or "")
        first[key] = min(first.get(key, today), window_start(leaf.window, today))
    deeds: dict[str, tuple[Deed, ...]] = {}
    for (metric, role), since in sorted(first.items()):
        if metric == "holders_below":
            below = member.fans.filter(roles__contains=[role]).count()
            deeds[f"{metric}:{role}"] = (Deed(today, below),)
        elif metric == "bound_fans":
            deeds[metric] = _counted(member.fans.all(), "bound_at", Count("pk"), since, zone)
        elif metric in _SALES:
            lookup, is_count = _SALES[metric]
            sales = Sale.objects.filter(**{lookup: member})
            if is_count:
                sales = sales.filter(refunded__lt=F("paid"))
            measure = Count("pk") if is_count else Sum(F("paid") - F("refunded"))
            deeds[metric] = _counted(sales, "at", measure, since, zone)
    return Facts(today=today, roles=frozenset(member.roles), company=member.is_company, deeds=deeds)


# metric -> (whose sales, whether orders are counted rather than money)
_SALES = {
    "own_spend": ("buyer", False),
    "own_sales": ("sharer", False),
    "sales_of_bound": ("sharer__bound_to", False),
    "purchases": ("buyer", True),
}


def _counted(rows: QuerySet[Any], moment: str, measure: Any, since: date, zone: ZoneInfo) -> tuple[Deed, ...]:
    """What ``rows`` come to: one sum where everything counts, else one for each day of the window."""
    if since == date.min:
        total = rows.aggregate(amount=measure)["amount"]
        return (Deed(since, total or 0),)
    recent = rows.filter(**{f"{moment}__gte": datetime.combine(since, time.min, zone)})
    days = recent.annotate(day=TruncDate(moment, tzinfo=zone)).values("day").annotate(amount=measure)
    return tuple(Deed(day, amount) for day, amount in days.order_by("day").values_list("day", "amount"))
