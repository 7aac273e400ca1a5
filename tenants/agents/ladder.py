"""Roles reached by deeds: who is looked at when, what is counted, what is written down."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from kernel import clock
from tenants.agents import selectors
from tenants.agents.models import Member, Sale
from tenants.agents.rules import Deed, Facts, Rules, progress
from tenants.agents.rules.parsing import conditions
from tenants.registry.selectors import current_tenant

BUYING = frozenset({"own_spend", "purchases"})
SELLING = frozenset({"own_sales"})
TEAM_SELLING = frozenset({"sales_of_bound"})
BINDING = frozenset({"bound_fans", "holders_below"})
EVERYTHING = BUYING | SELLING | TEAM_SELLING | BINDING


def review_sale(sale: Sale) -> None:
    """Look at those whom a sale may have brought to a role. Must run inside a transaction."""
    if sale.buyer:
        review([sale.buyer], BUYING)
    if sale.sharer:
        review([sale.sharer], SELLING)
        if sale.sharer.bound_to:
            review([sale.sharer.bound_to], TEAM_SELLING)


def review(members: Iterable[Member], metrics: frozenset[str]) -> None:
    """Give ``members`` the roles that their deeds reach, as far as these depend on ``metrics``.

    Who gains a role may thereby bring a role to the one above, who is looked at in turn. Must run inside a
    transaction. Costs no query where the rules promote by nothing of this.
    """
    _version, rules = selectors.active_rules()
    waiting = [(member, metrics) for member in members]
    while waiting:
        member, concerned = waiting.pop()
        asked = _asked(member, rules)
        if not any(metric in concerned for metric, _role in asked):
            continue
        changes = progress(facts_of(member, asked), rules)
        for change in changes:
            if change.gained:
                give(member, change.role, change.why)
            else:
                take(member, change.role)
        if changes and member.bound_to:
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


def _asked(member: Member, rules: Rules) -> set[tuple[str, str]]:
    """The metrics (with the role below, where one is counted) that decide about this member's roles."""
    asked = set()
    for role in rules.document.roles:
        held = role.id in member.roles
        condition = role.lost.needs if held and role.lost else None if held else role.reach
        for _location, leaf in conditions(condition, ()) if condition else ():
            asked.add((str(leaf.metric), leaf.role or ""))
    return asked


def facts_of(member: Member, asked: set[tuple[str, str]]) -> Facts:
    """Count what ``asked`` names, (metric, role below) pairs, until now. One query each."""
    zone = ZoneInfo(current_tenant().timezone)
    now = clock.now()
    deeds: dict[str, tuple[Deed, ...]] = {}
    for metric, role in sorted(asked):
        if metric == "holders_below":
            below = member.fans.filter(roles__contains=[role]).count()
            deeds[f"{metric}:{role}"] = (Deed(now.astimezone(zone).date(), below),)
        elif metric == "bound_fans":
            deeds[metric] = _daily(member.fans.all(), "bound_at", Count("pk"), zone)
        elif metric in _SALES:
            lookup, counts = _SALES[metric]
            measure = Count("pk") if counts else Sum(F("paid") - F("refunded"))
            sales = Sale.objects.filter(**{lookup: member})
            deeds[metric] = _daily(
                sales.filter(refunded__lt=F("paid")) if counts else sales, "at", measure, zone
            )
    return Facts(
        today=now.astimezone(zone).date(),
        roles=frozenset(member.roles),
        company=member.is_company,
        deeds=deeds,
    )


# metric -> (whose sales, whether orders are counted rather than money)
_SALES = {
    "own_spend": ("buyer", False),
    "own_sales": ("sharer", False),
    "sales_of_bound": ("sharer__bound_to", False),
    "purchases": ("buyer", True),
}


def _daily(rows: QuerySet[Any], moment: str, measure: Any, zone: ZoneInfo) -> tuple[Deed, ...]:
    days: Sequence[tuple[Any, int]] = (
        rows.annotate(day=TruncDate(moment, tzinfo=zone)).values("day").annotate(amount=measure)
        .order_by("day").values_list("day", "amount")
    )  # fmt: skip
    return tuple(Deed(day, amount) for day, amount in days)
