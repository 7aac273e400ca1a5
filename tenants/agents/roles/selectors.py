"""What counts towards roles, and the roles that a member holds or lost. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from kernel import clock
from kernel.days import first_moment, local_day
from tenants.agents.earnings.models import Sale
from tenants.agents.member_tasks.models import TaskDone
from tenants.agents.members.models import Member
from tenants.agents.rules.document.schema import Condition, Role
from tenants.agents.rules.people.progress import DayTotal, Facts, window_start
from tenants.agents.rules.people.reviews import next_edge
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role the member holds, its names, and the fact that brought it."""

    id: str
    name: dict[str, str] | str
    since: str
    why: dict[str, str]
    review_on: date | None = None

    @property
    def at(self) -> datetime | None:
        """When it was gained or lost."""
        return datetime.fromisoformat(self.since) if self.since else None


def roles_of(member: Member) -> list[RoleView]:
    """Return the roles held, with the fact that brought each and the next review under the rules in force.

    A role that those rules no longer know keeps its id as its name.
    """
    document = rules_version_selectors.active_rules()[1].document
    held = []
    for role_id in member.roles:
        role, fact = document.role(role_id), member.role_facts.get(role_id, {})
        name = role.name if role else role_id
        held.append(RoleView(role_id, name, fact.get("at", ""), fact.get("why", {}), _review_day(role)))
    return held


def _review_day(role: Role | None) -> date | None:
    if role is None or role.lost is None:
        return None
    return next_edge(role.lost.every, local_day(clock.now(), current_tenant().zone))


def lost_roles_of(member: Member) -> list[RoleView]:
    """Return the roles that reviews took away and that did not come back, with what was missing."""
    document = rules_version_selectors.active_rules()[1].document
    lost = []
    for role_id, fact in member.role_losses.items():
        role = document.role(role_id)
        lost.append(
            RoleView(role_id, role.name if role else role_id, fact.get("at", ""), fact.get("why", {}))
        )
    return lost


def has_bought(member: Member) -> bool:
    """Return whether a purchase of this member's still counts: paid, and not refunded whole."""
    return Sale.objects.filter(buyer=member, refunded__lt=F("paid")).exists()


def facts_of(member: Member, leaves: Iterable[Condition]) -> Facts:
    """Count what ``leaves`` ask about, until now. One query for each metric (and role below)."""
    zone = current_tenant().zone
    return facts_of_many([member], leaves, local_day(clock.now(), zone))[member.pk]


def facts_of_many(
    members: Sequence[Member], leaves: Iterable[Condition], today: date, since: date | None = None
) -> dict[UUID, Facts]:
    """Count what ``leaves`` ask about for all ``members`` until the day ``today``, one query for each metric.

    Keyed by member. Windows end on ``today``, a day of the tenant's time zone, or on any day from ``since``.
    """
    zone = current_tenant().zone
    windows: dict[tuple[str, str], set[date]] = {}
    for leaf in leaves:
        starts = windows.setdefault((str(leaf.metric), leaf.role or ""), set())
        starts.add(window_start(leaf.window, since or today))
    totals: dict[UUID, dict[str, tuple[DayTotal, ...]]] = {member.pk: {} for member in members}
    for (metric, role), starts in sorted(windows.items()):
        key = f"{metric}:{role}" if role else metric
        for member_id, counted in _counted(metric, role, list(totals), starts, today, zone).items():
            totals[member_id][key] = tuple(counted)
    return {
        member.pk: Facts(
            today=today,
            roles=frozenset(member.roles),
            lost=frozenset(member.role_losses),
            company=member.is_company,
            totals=totals[member.pk],
        )
        for member in members
    }


_NET, _WHOLE = Sum(F("paid") - F("refunded")), Count("pk")


def _rows(metric: str, role: str, members: list[UUID]) -> tuple[QuerySet[Any], str, str, Any]:
    """The rows that a metric counts: which, whose, when, and what of each."""
    if metric == "holders_below":
        return Member.objects.filter(bound_to__in=members, roles__contains=[role]), "bound_to", "", _WHOLE
    if metric == "bound_fans":
        return Member.objects.filter(bound_to__in=members), "bound_to", "bound_at", _WHOLE
    if metric == "tasks":
        done = TaskDone.objects.filter(member__in=members, state=TaskDone.State.CONFIRMED)
        return done, "member", "decided_at", _WHOLE
    lookup = _SALES[metric]
    sales = Sale.objects.filter(**{f"{lookup}__in": members})
    if metric == "purchases":
        return sales.filter(refunded__lt=F("paid")), lookup, "at", _WHOLE
    return sales, lookup, "at", _NET


# metric -> whose sales
_SALES = {
    "own_spend": "buyer",
    "purchases": "buyer",
    "own_sales": "sharer",
    "sales_of_bound": "sharer__bound_to",
}


def _counted(
    metric: str, role: str, members: list[UUID], starts: set[date], today: date, zone: ZoneInfo
) -> dict[UUID, list[DayTotal]]:
    """What each member's rows come to: one total for each day of a window, one for all that lies before."""
    rows, whose, moment, measure = _rows(metric, role, members)
    totals: dict[UUID, list[DayTotal]] = {}
    if moment:
        # A review looks back to the eve of its day, also when it is made later.
        rows = rows.filter(**{f"{moment}__lt": first_moment(today + timedelta(days=1), zone)})
    bounded = [start for start in starts if start != date.min] if moment else []
    if bounded:
        since = min(bounded)
        recent = rows.filter(**{f"{moment}__gte": first_moment(since, zone)})
        days = recent.annotate(day=TruncDate(moment, tzinfo=zone)).order_by("day").values_list(whose, "day")
        for member_id, day, amount in days.annotate(amount=measure):
            totals.setdefault(member_id, []).append(DayTotal(day, amount))
    if not moment or date.min in starts:
        for member_id, amount in rows.order_by().values_list(whose).annotate(amount=measure):
            before = amount - sum(total.amount for total in totals.get(member_id, ()))
            totals.setdefault(member_id, []).append(DayTotal(date.min if moment else today, before))
    return totals
