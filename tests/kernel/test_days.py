"""Days belong to somebody: where they begin and end, wherever clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.days import (
    Month,
    end_of,
    first_moment,
    is_zone,
    last_day,
    local_day,
    quarter_of,
    usual_zone,
    zones_by_country,
)

ZONES = [
    "Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia",
    "Africa/Cairo", "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu",
]  # fmt: skip
"""Clocks that never change, at two, at one, by half an hour, across a day, at midnight forward and back."""
moments = st.integers(473_385_600, 2_145_916_800).map(lambda second: datetime.fromtimestamp(second, UTC))


@settings(max_examples=300)
@given(moments, st.sampled_from(ZONES))
def test_every_moment_lies_between_the_ends_of_its_day(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    day = local_day(moment, zone)
    assert first_moment(day, zone) <= moment < end_of(day, zone)
    assert last_day(end_of(day, zone), zone) == day, "until a day names that day"


@settings(max_examples=300)
@given(st.dates(date(1985, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES))
def test_a_day_begins_at_its_first_moment_wherever_clocks_change(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    moment = first_moment(day, zone)
    if local_day(moment, zone) != day:
        # Samoa left 30 December 2011 out altogether.
        assert (name, day) == ("Pacific/Apia", date(2011, 12, 30))
        return
    assert local_day(moment - timedelta(microseconds=1), zone) < day


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        ("Asia/Shanghai", date(2027, 1, 1), datetime(2026, 12, 31, 16, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),  # 0:00 became 1:00
        ("America/Havana", date(2024, 11, 3), datetime(2024, 11, 3, 4, tzinfo=UTC)),  # 0:00 came twice
        ("Europe/London", date(2027, 3, 28), datetime(2027, 3, 28, tzinfo=UTC)),
    ],
)
def test_the_first_moment_of_a_day(zone: str, day: date, moment: datetime) -> None:
    assert first_moment(day, ZoneInfo(zone)) == moment


@settings(max_examples=200)
@given(moments, st.sampled_from(ZONES))
def test_a_month_is_its_days_and_months_follow_each_other(moment: datetime, name: str) -> None:
    month = Month.of(moment, ZoneInfo(name))
    assert month.begin <= moment < month.end
    assert month.before.end == month.begin
    assert str(month) == f"{local_day(moment, ZoneInfo(name)):%Y-%m}"


@settings(max_examples=200)
@given(moments)
def test_nobodys_day_changes_within_a_quarter_of_an_hour(moment: datetime) -> None:
    moment = max(moment, datetime(2000, 1, 1, tzinfo=UTC))
    quarter = quarter_of(moment)
    for name in ZONES:
        assert local_day(quarter, ZoneInfo(name)) == local_day(moment, ZoneInfo(name))


@pytest.mark.slow
def test_every_country_has_a_usual_time_zone_that_exists() -> None:
    assert len(zones_by_country()) > 240
    assert all({*zones} <= available_timezones() for zones in zones_by_country().values())
    usual = {country: usual_zone(country) for country in ("CN", "US", "vn", "DE", "AU", "ZZ")}
    assert usual == {
        "CN": "Asia/Shanghai",
        "US": "America/New_York",
        "vn": "Asia/Ho_Chi_Minh",
        "DE": "Europe/Berlin",
        "AU": "Australia/Sydney",
        "ZZ": "UTC",
    }
    assert is_zone("Australia/Sydney")
    assert not is_zone("Mars/Olympus")
