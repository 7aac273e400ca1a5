"""The days on which a version of the rules has roles looked at again."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel import clock
from kernel.database.unit_of_work import joins_transaction
from kernel.days import first_moment, local_day
from kernel.events import outbox
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.people.reviews import next_edge
from tenants.agents.rules_versions.models import RulesVersion
from tenants.registry.selectors import current_tenant

REVIEW_DUE = "roles.review"
FIRST_MEMBER = UUID(int=0)
"""Comes before every member: where a review of all holders begins."""


@joins_transaction
def schedule_reviews(*, version: RulesVersion, rules: Rules) -> None:
    """Emit the first review of a version that was switched on, for the first edge of a period after that."""
    zone = current_tenant().zone
    emit_next_review(
        version=version.number, rules=rules, after=local_day(version.effective_from, zone), zone=zone
    )


@joins_transaction
def emit_next_review(*, version: int, rules: Rules, after: date, zone: ZoneInfo) -> None:
    """Emit the next review after a day, for its first moment; none where no role has to be kept up."""
    days: Sequence[date] = [next_edge(r.lost.every, after) for r in rules.document.roles if r.lost]
    if days:
        edge = min(days)
        payload = {"version": version, "edge": edge.isoformat(), "after": str(FIRST_MEMBER)}
        outbox.emit(REVIEW_DUE, payload, delay=first_moment(edge, zone) - clock.now())
