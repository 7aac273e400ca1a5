"""Days are somebody's: on which day a moment falls and when a day begins, in the time zone of its owner.

A shop's days are those of the shop's zone, a supplier's those of the supplier's; whoever looks sees the day
of the one it belongs to. "Until a day" means its end: the first moment of the day after.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

DAY = timedelta(days=1)
MOST_PEOPLE = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
}
"""Where that is not the zone which the IANA database lists first."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in a time zone."""

    year: int
    month: int
    zone: ZoneInfo

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> "Month":
        """Return the month in which a moment (aware) lies."""
        day = local_day(moment, zone)
        return cls(day.year, day.month, zone)

    @property
    def first_day(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return first_moment(self.first_day, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment of the next month."""
        return first_moment((self.first_day + 31 * DAY).replace(day=1), self.zone)

    @property
    def before(self) -> "Month":
        """The month before."""
        day = self.first_day - DAY
        return Month(day.year, day.month, self.zone)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day in which ``moment`` (aware) lies for somebody in that zone."""
    return moment.astimezone(zone).date()


def first_moment(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day there (UTC), also where clocks are put forward or back at midnight."""
    # A midnight that does not exist reads as the moment of the change; of two midnights the earlier counts.
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day is over there: what holds until that day holds before this moment (UTC)."""
    return first_moment(day + DAY, zone)


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """Return the last day that is whole before ``end`` or ends with it: the day to name beside "until"."""
    return local_day(end - timedelta(microseconds=1), zone)


def quarter_of(moment: datetime) -> datetime:
    """Return the quarter of an hour in which a moment lies.

    Every zone's midnight falls on one: what depends on days alone is the same all through it, whosever they
    are, and may be kept under it.
    """
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def is_zone(name: str) -> bool:
    """Return whether there is a time zone of that name."""
    return name in available_timezones()


@cache
def zones_by_country() -> dict[str, tuple[str, ...]]:
    """Return the time zones of each country (ISO 3166, two letters), as the IANA database lists them."""
    zones: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _place, zone, *_comment = line.split("\t")
            zones[country] = (*zones.get(country, ()), zone)
    return zones


def usual_zone(country: str) -> str:
    """Return the time zone most people of a country live in; "UTC" for a country that nobody lives in."""
    country = country.upper()
    return MOST_PEOPLE.get(country) or zones_by_country().get(country, ("UTC",))[0]
