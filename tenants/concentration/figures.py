"""What the central team watches in a running circle: depth, teams, income from recruiting, concentration.

The figures are those of the simulation, counted from what happened. Each is one set-based statement.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from kernel import clock
from tenants.agents.models import RulesVersion
from tenants.agents.rules.people.recruiting import headcount_lines
from tenants.agents.rules_versions import selectors as rules_version_selectors

DAYS = timedelta(days=90)
"""How far back money is looked at."""
DEEP = 10
"""Levels of a tree from which on somebody should look."""
TEAM = 30
"""People, the organiser's two levels included, from which on a team counts as large (公通字〔2013〕37号)."""
RECRUITING_PERCENT, TOP_TEN_PERCENT, FEW_SELLERS = 30, 50, 20


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at a circle. Money is minor units over the last 90 days, net of what was clawed back."""

    members: int
    deepest: int
    large_teams: int
    income: int
    recruiting: int
    sales: int
    top_ten: int
    sellers: int

    @property
    def recruiting_percent(self) -> float:
        """How much of people's income comes from having brought people."""
        return 100 * self.recruiting / self.income if self.income > 0 else 0.0

    @property
    def top_ten_percent(self) -> float:
        """How much of what circles bought was bought by the circles of the ten largest."""
        return 100 * self.top_ten / self.sales if self.sales > 0 else 0.0

    @property
    def alarms(self) -> list[str]:
        """What somebody should look at: depth, teams, recruiting, concentration."""
        alarms = []
        if self.deepest >= DEEP:
            alarms.append("depth")
        if self.large_teams and self.recruiting:
            alarms.append("teams")
        if self.recruiting_percent >= RECRUITING_PERCENT:
            alarms.append("recruiting")
        if self.sellers > FEW_SELLERS and self.top_ten_percent >= TOP_TEN_PERCENT:
            alarms.append("concentration")
        return alarms


_TREE = """
WITH RECURSIVE bound AS (
    SELECT user_id, CASE WHEN bound_until IS NULL OR bound_until > %(now)s THEN bound_to_id END AS above
    FROM agents_member
), tree AS (
    SELECT user_id, 1 AS depth FROM bound WHERE above IS NULL
    UNION ALL SELECT bound.user_id, tree.depth + 1 FROM tree JOIN bound ON bound.above = tree.user_id
), fans AS (
    SELECT above AS user_id, count(*) AS number FROM bound WHERE above IS NOT NULL GROUP BY above
), teams AS (
    SELECT bound.above AS user_id, sum(fans.number) AS number
    FROM bound JOIN fans USING (user_id) WHERE bound.above IS NOT NULL GROUP BY bound.above
)
SELECT (SELECT count(*) FROM bound), (SELECT coalesce(max(depth), 0) FROM tree),
       (SELECT count(*) FROM fans JOIN teams USING (user_id) WHERE 1 + fans.number + teams.number > %(team)s)
"""
_MONEY = """
WITH income AS (
    SELECT sum(earning.amount - earning.clawed_back) AS whole,
           sum(earning.amount - earning.clawed_back) FILTER (
               WHERE earning.level = 2 OR (sale.rules_version, earning.earn_id) IN (
                   SELECT * FROM unnest(%(versions)s::int[], %(lines)s::text[])
               )) AS recruited
    FROM agents_earning earning JOIN agents_sale sale ON sale.order_id = earning.sale_id
    WHERE earning.payee_kind = 'member' AND earning.state <> 'refused' AND sale.at >= %(since)s
), sellers AS (
    SELECT sharer_id, sum(paid - refunded) AS sold FROM agents_sale
    WHERE sharer_id IS NOT NULL AND at >= %(since)s GROUP BY sharer_id
)
SELECT coalesce(whole, 0), coalesce(recruited, 0), (SELECT coalesce(sum(sold), 0) FROM sellers),
       (SELECT coalesce(sum(sold), 0) FROM (SELECT sold FROM sellers ORDER BY sold DESC LIMIT 10) AS top),
       (SELECT count(*) FROM sellers)
FROM income
"""


def figures() -> Figures:
    """Look at the present shop's circle."""
    heads = [
        (number, line)
        for number in RulesVersion.objects.values_list("number", flat=True)
        for line in sorted(headcount_lines(rules_version_selectors.rules_of(number).document))
    ]
    now = clock.now()
    members, deepest, teams = _row(_TREE, {"now": now, "team": TEAM})
    lines = {"versions": [number for number, _line in heads], "lines": [line for _number, line in heads]}
    income, recruited, sales, top, sellers = _row(_MONEY, {"since": now - DAYS, **lines})
    return Figures(members, deepest, teams, income, recruited, sales, top, sellers)


def _row(query: str, values: dict[str, Any]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return tuple(int(value) for value in cursor.fetchone())
