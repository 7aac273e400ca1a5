"""Roles reached by deeds: who is looked at when, what is counted, what is written down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from kernel import clock
from tenants.agents import selectors
from tenants.agents.models import Member, Sale, TaskDone
from tenants.agents.rules.document import Condition
from tenants.agents.rules.parsing import Rules, conditions
from tenants.agents.rules.progress import Deed, Facts, account, progress, reason, window_start
from tenants.agents.rules.reviews import first_moment, local_day
from tenants.registry.selectors import current_tenant

BUYING = frozenset({"own_spend", "purchases"})
SELLING = frozenset({"own_sales"})
TEAM_SELLING = frozenset({"sales_of_bound"})
BINDING = frozenset({"bound_fans", "holders_below"})
DOING = frozenset({"tasks"})
OF_SALES = BUYING | SELLING | TEAM_SELLING
DEEDS, PURCHASE = "deeds", "purchase"
EVERYTHING_RETURNED = {"zh-hans": "购买的商品已全部退款", "en": "everything bought was refunded"}
EVERYTHING = DOING | BUYING | SELLING | TEAM_SELLING | BINDING


def review_sale(sale: Sale, rules: Rules) -> None:
    """Look at those whom a sale may have brought to a role. Must run inside a transaction.

    Costs no query where the rules promote by nothing that a sale changes.
    """
    if not _promoting(rules) & OF_SALES:
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
            give(member, change.role, change.why, by=DEEDS)
        if changes and member.bound_to and BINDING & _promoting(rules):
            waiting.append((member.bound_to, BINDING))


def review_refund(sale: Sale) -> None:
    """Take the roles that nobody would hold had this sale never been. Must run inside a transaction.

    A role goes if what is left of all sales reaches it neither today nor on any day since it was gained,
    under the rules of that day. What was given by hand or by joining stays. Called once the refund is
    written down.
    """
    people = {member.pk: member for member in (sale.buyer, sale.sharer) if member}
    if sale.sharer and sale.sharer.bound_to:
        people[sale.sharer.bound_to.pk] = sale.sharer.bound_to
    for _key, member in sorted(people.items()):
        causes = {fact.get("by") for fact in member.role_facts.values()}
        if not causes & {DEEDS, PURCHASE}:
            continue
        # Two refunds at once would each count what the other is about to take.
        member.refresh_from_db(from_queryset=Member.objects.select_for_update())
        for role, known in list(member.role_facts.items()):
            lost = None
            if known.get("by") == DEEDS:
                lost = _never_reached(member, role, datetime.fromisoformat(known["at"]))
            elif known.get("by") == PURCHASE and not _has_bought(member):
                lost = EVERYTHING_RETURNED
            if lost:
                take(member, role, lost=lost)


def _never_reached(member: Member, role_id: str, gained: datetime) -> Mapping[str, str] | None:
    """What is missing to a role that was reached by sales, had these never been; None if it stands."""
    rules = selectors.rules_at(gained)
    role = rules.document.role(role_id)
    leaves = [leaf for _place, leaf in conditions(role.reach, ())] if role and role.reach else []
    if role is None or role.reach is None or not any(leaf.metric in OF_SALES for leaf in leaves):
        return None
    zone = ZoneInfo(current_tenant().timezone)
    first, today = local_day(gained, zone), local_day(clock.now(), zone)
    facts = facts_of_many([member], leaves, today, since=first)[member.pk]
    days = {deed.on for deeds in facts.deeds.values() for deed in deeds if deed.on > first}
    if any(reason(role.reach, _on(facts, day), rules) for day in {first, today, *days}):
        return None
    told = account(role.reach, facts, rules)
    return {"zh-hans": f"退款后：{told['zh-hans']}", "en": f"after a refund: {told['en']}"}


def _on(facts: Facts, day: date) -> Facts:
    """The facts as they stood at the end of ``day``; who holds a role below is known for today only."""
    deeds = {
        key: tuple(deed._replace(on=day) for deed in done) if key.startswith("holders_below") else done
        for key, done in facts.deeds.items()
    }
    return replace(facts, today=day, deeds=deeds)


def _has_bought(member: Member) -> bool:
    return Sale.objects.filter(buyer=member, refunded__lt=F("paid")).exists()


def give(member: Member, role: str, why: Mapping[str, str], by: str = "") -> None:
    """Add a role with the fact that caused it; a role already held stays as it is. In a transaction.

    ``by`` is DEEDS or PURCHASE where a refund may take the cause back.
    """
    # Read under the lock: two orders at once may bring two roles to one person.
    member.refresh_from_db(from_queryset=Member.objects.select_for_update())
    if role not in member.roles:
        member.roles = [*member.roles, role]
        member.role_facts = {**member.role_facts, role: {**fact(why), "by": by} if by else fact(why)}
        member.role_losses = {key: value for key, value in member.role_losses.items() if key != role}
        member.save(update_fields=["roles", "role_facts", "role_losses"])


def take(member: Member, role: str, lost: Mapping[str, str] | None = None) -> None:
    """Remove a role; ``lost`` is the fact that cost it at a review, and is kept. In a transaction."""
    member.refresh_from_db(from_queryset=Member.objects.select_for_update())
    if role not in member.roles:
        return
    member.roles = [held for held in member.roles if held != role]
    member.role_facts = {key: value for key, value in member.role_facts.items() if key != role}
    if lost:
        member.role_losses = {**member.role_losses, role: fact(lost)}
    member.save(update_fields=["roles", "role_facts", "role_losses"])


def fact(why: Mapping[str, str]) -> dict[str, Any]:
    """Return what is kept of a role's cause."""
    return {"at": clock.now().isoformat(), "why": dict(why)}


def _promoting(rules: Rules) -> frozenset[str]:
    """The metrics that decide about any role."""
    wanted = [role.reach for role in rules.document.roles if role.reach]
    return frozenset(str(leaf.metric) for condition in wanted for _place, leaf in conditions(condition, ()))


def _asked(member: Member, rules: Rules) -> list[Condition]:
    """The metrics that decide about roles this member does not hold."""
    asked: list[Condition] = []
    for role in rules.document.roles:
        if role.id in member.roles or role.reach is None:
            continue
        asked += [leaf for _place, leaf in conditions(role.reach, ())]
        if role.lost and role.id in member.role_losses:
            asked += [leaf for _place, leaf in conditions(role.lost.needs, ())]
    return asked


def facts_of(member: Member, asked: Iterable[Condition]) -> Facts:
    """Count what ``asked`` looks at, until now. One query for each metric (and role below)."""
    zone = ZoneInfo(current_tenant().timezone)
    return facts_of_many([member], asked, local_day(clock.now(), zone))[member.pk]


def facts_of_many(
    members: Sequence[Member], asked: Iterable[Condition], today: date, since: date | None = None
) -> dict[UUID, Facts]:
    """Count what ``asked`` looks at for all ``members`` until the day ``today``, one query for each metric.

    Keyed by member. Windows end on ``today``, a day of the tenant's time zone, or on any day from ``since``.
    """
    zone = ZoneInfo(current_tenant().timezone)
    windows: dict[tuple[str, str], set[date]] = {}
    for leaf in asked:
        starts = windows.setdefault((str(leaf.metric), leaf.role or ""), set())
        starts.add(window_start(leaf.window, since or today))
    deeds: dict[UUID, dict[str, tuple[Deed, ...]]] = {member.pk: {} for member in members}
    for (metric, role), starts in sorted(windows.items()):
        key = f"{metric}:{role}" if role else metric
        for member_id, counted in _counted(metric, role, list(deeds), starts, today, zone).items():
            deeds[member_id][key] = tuple(counted)
    return {
        member.pk: Facts(
            today=today,
            roles=frozenset(member.roles),
            lost=frozenset(member.role_losses),
            company=member.is_company,
            deeds=deeds[member.pk],
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
) -> dict[UUID, list[Deed]]:
    """What each member's rows come to: one deed for each day of a window, one for all that lies before."""
    rows, whose, moment, measure = _rows(metric, role, members)
    found: dict[UUID, list[Deed]] = {}
    if moment:
        # A review looks back to the eve of its day, also when it is made later.
        rows = rows.filter(**{f"{moment}__lt": first_moment(today + timedelta(days=1), zone)})
    bounded = [start for start in starts if start != date.min] if moment else []
    if bounded:
        since = min(bounded)
        recent = rows.filter(**{f"{moment}__gte": first_moment(since, zone)})
        days = recent.annotate(day=TruncDate(moment, tzinfo=zone)).order_by("day").values_list(whose, "day")
        for member_id, day, amount in days.annotate(amount=measure):
            found.setdefault(member_id, []).append(Deed(day, amount))
    if not moment or date.min in starts:
        for member_id, amount in rows.order_by().values_list(whose).annotate(amount=measure):
            before = amount - sum(deed.amount for deed in found.get(member_id, ()))
            found.setdefault(member_id, []).append(Deed(date.min if moment else today, before))
    return found
