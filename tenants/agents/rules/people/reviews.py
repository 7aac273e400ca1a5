"""Roles that must be kept up: at which edges they are looked at again, and what keeps or loses them."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from tenants.agents.rules.document.faults import EN, ZH, Texts
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.people.progress import Facts, account, condition_text, period_start, reason


@dataclass(frozen=True, slots=True)
class RoleReview:
    """What became of a role at an edge: kept or lost, and the fact that decided."""

    role: str
    kept: bool
    why: Texts


def next_edge(every: str, today: date) -> date:
    """Return the first edge later than ``today``: the day on which a role is next looked at."""
    longest = {"month": 31, "quarter": 92, "year": 366}[every]
    return period_start(every, period_start(every, today) + timedelta(days=longest))


def review_roles(facts: Facts, rules: Rules, edge: date) -> tuple[RoleReview, ...]:
    """Return what becomes, on ``edge``, of each role in ``facts.roles`` that has to be kept up.

    Counts what was done until the eve of ``edge``, whatever ``facts.today`` says: windows end there, so a
    review on 1 April looks at a calendar quarter from January to March, and at three rolling months too.
    Roles whose period does not begin on ``edge`` are not named.
    """
    eve = replace(facts, today=edge - timedelta(days=1))
    outcomes = []
    for role in rules.document.roles:
        if role.lost is None or role.id not in facts.roles or period_start(role.lost.every, edge) != edge:
            continue
        fact = reason(role.lost.needs, eve, rules)
        if fact is None:
            needs = condition_text(role.lost.needs, rules.document.currency)
            had = account(role.lost.needs, eve, rules)
            fact = {
                ZH: f"截至 {eve.today}：{had[ZH]}；保留该角色需要{needs[ZH]}",
                EN: f"until {eve.today}: {had[EN]}; keeping the role needs {needs[EN]}",
            }
            outcomes.append(RoleReview(role.id, kept=False, why=fact))
        else:
            outcomes.append(RoleReview(role.id, kept=True, why=fact))
    return tuple(outcomes)
