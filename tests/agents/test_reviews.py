"""Roles that must be kept up: exact at month ends, leap days, time zones and clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.days import local_day
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.document.schema import Window
from tenants.agents.rules.people.progress import DayTotal, Facts, months_before, progress, window_start
from tenants.agents.rules.people.reviews import next_edge, review_roles

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = ["Asia/Shanghai", "America/Sao_Paulo", "America/Havana", "Africa/Cairo", "Europe/London",
         "Asia/Kathmandu",
         "Pacific/Apia", "Australia/Lord_Howe", "America/St_Johns", "UTC"]  # fmt: skip


def rules(every: str, window: str = "", needs: str = "metric: own_sales, at_least: 100") -> Rules:
    window = f", window: {window}" if window else ""
    return parse(
        "name: x\nroles:\n  - id: star\n    name: Star\n"
        "    reach: {metric: own_sales, at_least: 50}\n"
        f"    lost: {{every: {every}, needs: {{{needs}{window}}}}}\n"
    )


def sold(*totals: tuple[date, int], **more: frozenset[str]) -> Facts:
    return Facts(
        today=date(2030, 1, 1),
        roles=more.get("roles", frozenset({"star"})),
        lost=more.get("lost", frozenset()),
        totals={"own_sales": tuple(DayTotal(*total) for total in totals)},
    )


@pytest.mark.parametrize(
    ("every", "edge", "is_one"),
    [
        ("month", date(2028, 3, 1), True),
        ("month", date(2028, 2, 29), False),
        ("month", date(2026, 12, 31), False),
        ("quarter", date(2027, 4, 1), True),
        ("quarter", date(2027, 3, 1), False),
        ("year", date(2027, 1, 1), True),
        ("year", date(2027, 4, 1), False),
    ],
)
def test_a_role_is_looked_at_on_the_first_day_of_its_period_and_on_no_other(
    every: str, edge: date, is_one: bool
) -> None:
    assert bool(review_roles(sold(), rules(every), edge)) == is_one


@pytest.mark.parametrize(
    ("window", "edge", "counts", "too_old"),
    [
        ("{calendar: month}", date(2028, 3, 1), date(2028, 2, 1), date(2028, 1, 31)),
        ("{calendar: quarter}", date(2027, 1, 1), date(2026, 10, 1), date(2026, 9, 30)),
        ("{calendar: year}", date(2027, 1, 1), date(2026, 1, 1), date(2025, 12, 31)),
        # The eve of 1 March of a leap year is 29 February; a month before it is 29 January.
        ("{rolling_months: 1}", date(2028, 3, 1), date(2028, 1, 30), date(2028, 1, 29)),
        ("{rolling_months: 1}", date(2027, 3, 1), date(2027, 1, 29), date(2027, 1, 28)),
        # 31 March back one month is the last of February, so March alone counts.
        ("{rolling_months: 1}", date(2027, 4, 1), date(2027, 3, 1), date(2027, 2, 28)),
        ("{rolling_months: 12}", date(2029, 3, 1), date(2028, 2, 29), date(2028, 2, 28)),
        ("{rolling_days: 1}", date(2027, 5, 1), date(2027, 4, 30), date(2027, 4, 29)),
    ],
)
def test_a_review_counts_from_the_first_day_of_the_window_to_the_eve(
    window: str, edge: date, counts: date, too_old: date
) -> None:
    document, eve = rules("month", window), edge - timedelta(days=1)

    def kept(*totals: tuple[date, int]) -> bool:
        (outcome,) = review_roles(sold(*totals), document, edge)
        return outcome.kept

    assert kept((counts, 10_000))
    assert kept((counts, 4_000), (eve, 6_000))
    assert not kept((counts, 9_999))
    assert not kept((too_old, 10_000), (counts, 9_999))
    assert not kept((edge, 10_000))


def test_what_was_lost_is_shown_with_the_fact_and_comes_back_when_reached_and_kept_up() -> None:
    document = rules("month", "{calendar: month}")
    edge = date(2027, 2, 1)
    (outcome,) = review_roles(sold((date(2027, 1, 31), 9_999)), document, edge)
    assert (outcome.role, outcome.kept) == ("star", False)
    assert outcome.why["en"] == (
        "until 2027-01-31: goods bought by own fans: 99.99, 100.00 needed; "
        "keeping the role needs goods bought by own fans at least 100.00 this month"
    )
    assert "未达到 100.00" in outcome.why["zh-hans"]
    # Reached for good, by all that was ever sold; but lost, so it takes what keeps it too.
    old, lost = (date(2026, 1, 1), 50_000), frozenset({"star"})
    none: frozenset[str] = frozenset()
    assert [c.role for c in progress(sold(old, roles=none), document)] == ["star"]
    assert progress(sold(old, roles=none, lost=lost), document) == ()
    again = (date(2030, 1, 1), 10_000)
    assert [c.role for c in progress(sold(old, again, roles=none, lost=lost), document)] == ["star"]


def test_roles_that_nothing_takes_away_and_roles_not_held_are_not_reviewed() -> None:
    document = parse("name: x\nroles: [{id: r, name: r, reach: {metric: purchases, at_least: 1}}]\n")
    assert review_roles(Facts(date(2027, 1, 1), frozenset({"r"})), document, date(2027, 1, 1)) == ()
    assert review_roles(sold(roles=frozenset()), rules("month"), date(2027, 2, 1)) == ()


def test_at_an_edge_only_the_roles_of_that_period_are_reviewed() -> None:
    document = parse(
        "name: x\nroles:\n"
        "  - {id: a, name: a, lost: {every: quarter, needs: {metric: tasks, at_least: 1}}}\n"
        "  - {id: b, name: b, lost: {every: year, needs: {metric: tasks, at_least: 1}}}\n"
    )
    held = Facts(date(2027, 4, 1), frozenset({"a", "b"}))
    assert [outcome.role for outcome in review_roles(held, document, date(2027, 1, 1))] == ["a", "b"]
    assert [outcome.role for outcome in review_roles(held, document, date(2027, 4, 1))] == ["a"]


@given(st.dates(date(1980, 1, 1), date(2200, 1, 1)), st.sampled_from(["month", "quarter", "year"]))
def test_the_next_edge_is_the_first_one_after_today(today: date, every: str) -> None:
    months = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "year": (1,)}[every]
    day = today + timedelta(days=1)
    while day.day != 1 or day.month not in months:
        day += timedelta(days=1)
    assert next_edge(every, today) == day


@given(st.dates(date(1980, 1, 1), date(2200, 1, 1)), st.integers(1, 120))
def test_rolling_months_never_leave_a_day_out_and_never_count_one_twice(today: date, months: int) -> None:
    start = window_start(Window(rolling_months=months), today)
    before = months_before(today, months)
    assert start == before + timedelta(days=1)
    assert (before.year * 12 + before.month) == today.year * 12 + today.month - months
    assert before.day == today.day or (before + timedelta(days=1)).day == 1
    assert window_start(Window(rolling_days=months), today) + timedelta(days=months - 1) == today


def test_a_sale_a_second_before_midnight_counts_for_the_day_of_the_tenant() -> None:
    last = datetime(2027, 1, 31, 15, 59, 59, tzinfo=UTC)
    document = rules("month", "{calendar: month}")
    totals = [(local_day(last, SHANGHAI), 10_000)]
    assert review_roles(sold(*totals), document, date(2027, 2, 1))[0].kept
    totals = [(local_day(last + timedelta(seconds=1), SHANGHAI), 10_000)]
    assert not review_roles(sold(*totals), document, date(2027, 2, 1))[0].kept
