"""Which roles a person has reached, and the fact that caused each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from kernel.money.amounts import decimal_text, exponent
from tenants.agents.rules.document.compiling import minor_units
from tenants.agents.rules.document.faults import EN, ZH, Texts
from tenants.agents.rules.document.parsing import Rules, conditions
from tenants.agents.rules.document.schema import MONEY_METRICS, Condition, Window


class DayTotal(NamedTuple):
    """Something that counts from ``on``, a day in the tenant's time zone: ``amount`` minor units, or 1."""

    on: date
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person did until ``today`` (tenant's time zone). Refunded amounts are already taken off.

    ``totals`` is keyed by metric, for ``holders_below`` by ``holders_below:<role>``. ``lost`` names the roles
    that a review once took away.
    """

    today: date
    roles: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    company: bool = False
    totals: Mapping[str, tuple[DayTotal, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A role that was reached, with the fact that caused it."""

    role: str
    why: Texts


def progress(facts: Facts, rules: Rules) -> tuple[RoleChange, ...]:
    """Return the roles that ``facts`` newly reach. What takes a role away is ``reviews.review_roles``.

    A role for companies is never reached by somebody who is none. A role that was lost comes back once
    what reaches it and what keeps it are both true; else it would come back with the next sale.
    """
    changes = []
    for role in rules.document.roles:
        if role.reach is None or role.id in facts.roles or (role.company and not facts.company):
            continue
        reached = reason(role.reach, facts, rules)
        if reached and role.lost and role.id in facts.lost and reason(role.lost.needs, facts, rules) is None:
            continue
        if reached:
            changes.append(RoleChange(role.id, reached))
    return tuple(changes)


def reason(condition: Condition, facts: Facts, rules: Rules) -> Texts | None:
    """Return the fact that fulfils ``condition``, or None if it is not fulfilled."""
    if condition.metric:
        counted, threshold = _count(condition, facts), _threshold(condition, rules)
        return _fact(condition, counted, threshold, rules) if counted >= threshold else None
    if condition.all:
        reasons = [reason(inner, facts, rules) for inner in condition.all]
        met = [texts for texts in reasons if texts]
        return _joined(met) if len(met) == len(reasons) else None
    return next((texts for inner in condition.any or () if (texts := reason(inner, facts, rules))), None)


def account(condition: Condition, facts: Facts, rules: Rules) -> Texts:
    """Return what ``facts`` come to in every metric that ``condition`` asks about, reached or not."""
    return _joined(
        [
            _fact(leaf, _count(leaf, facts), _threshold(leaf, rules), rules)
            for _place, leaf in conditions(condition, ())
        ]
    )


def _joined(texts: Sequence[Texts]) -> Texts:
    return {ZH: "；".join(text[ZH] for text in texts), EN: "; ".join(text[EN] for text in texts)}


def window_start(window: Window | None, today: date) -> date:
    """Return the first day that counts.

    Rolling months reach back to the day after the same day of the month, or after that month's last day
    where it is shorter: three months up to 31 May begin on 1 March.
    """
    if window is None:
        return date.min
    if window.rolling_days:
        return today - timedelta(days=window.rolling_days - 1)
    if window.rolling_months:
        return months_before(today, window.rolling_months) + timedelta(days=1)
    return period_start(window.calendar or "year", today)


def months_before(day: date, months: int) -> date:
    """Return the same day ``months`` earlier, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def period_start(period: str, day: date) -> date:
    """Return the first day of the month, quarter or year that ``day`` lies in."""
    if period == "month":
        return day.replace(day=1)
    if period == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def _count(condition: Condition, facts: Facts) -> int:
    key = f"holders_below:{condition.role}" if condition.role else str(condition.metric)
    first = window_start(condition.window, facts.today)
    return sum(total.amount for total in facts.totals.get(key, ()) if first <= total.on <= facts.today)


def _threshold(condition: Condition, rules: Rules) -> int:
    threshold = condition.at_least or Decimal(0)
    is_money = condition.metric in MONEY_METRICS
    return minor_units(threshold, exponent(rules.document.currency)) if is_money else int(threshold)


_METRICS = {
    "own_spend": ("本人消费", "own spending"),
    "own_sales": ("本人名下客户的消费", "goods bought by own fans"),
    "sales_of_bound": ("下级名下客户的消费", "goods bought by the fans' fans"),
    "purchases": ("购买次数", "orders bought"),
    "bound_fans": ("锁粉人数", "bound fans"),
    "holders_below": ("直属的“{role}”人数", 'direct holders of "{role}"'),
    "tasks": ("完成任务数", "tasks completed"),
}


def condition_text(condition: Condition, currency: str) -> Texts:
    """Return what ``condition`` asks, as people say it: "own spending at least 365.00"."""
    if condition.metric:
        zh, en = _METRICS[condition.metric]
        threshold = condition.at_least or Decimal(0)
        is_money = condition.metric in MONEY_METRICS
        text = f"{threshold:.{exponent(currency)}f}" if is_money else f"{threshold:f}"
        zh_when, en_when = _window_text(condition.window)
        return {
            ZH: f"{zh_when}{zh.format(role=condition.role)}达到 {text}",
            EN: f"{en.format(role=condition.role)} at least {text}{en_when}",
        }
    parts = [condition_text(inner, currency) for inner in condition.all or condition.any or ()]
    zh_word, en_word = ("，并且", " and ") if condition.all else ("，或者", " or ")
    return {ZH: zh_word.join(part[ZH] for part in parts), EN: en_word.join(part[EN] for part in parts)}


_CALENDAR = {
    "month": ("本月", " this month"),
    "quarter": ("本季度", " this quarter"),
    "year": ("今年", " this year"),
}


def _window_text(window: Window | None) -> tuple[str, str]:
    if window is None:
        return "", ""
    if window.rolling_months:
        return f"最近 {window.rolling_months} 个月", f" within {window.rolling_months} months"
    if window.rolling_days:
        return f"最近 {window.rolling_days} 天", f" within {window.rolling_days} days"
    return _CALENDAR[window.calendar or "year"]


def _fact(condition: Condition, counted: int, threshold: int, rules: Rules) -> Texts:
    zh, en = _METRICS[str(condition.metric)]
    currency, is_money = rules.document.currency, condition.metric in MONEY_METRICS
    has, needs = (decimal_text(n, currency) if is_money else str(n) for n in (counted, threshold))
    zh_word = "达到" if counted >= threshold else "未达到"
    return {
        ZH: f"{zh.format(role=condition.role)} {has}，{zh_word} {needs}",
        EN: f"{en.format(role=condition.role)}: {has}, {needs} needed",
    }
