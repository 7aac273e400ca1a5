"""The only source of time: aware UTC datetimes. Tests travel with time-machine."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from kernel.days import local_day

CENTRAL_ZONE = ZoneInfo("Asia/Shanghai")
"""Of the central team; a shop and a supplier have one of their own."""


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return timezone.now()


def today(zone: ZoneInfo = CENTRAL_ZONE) -> date:
    """Return the present day of somebody in that zone, or of the central team."""
    return local_day(now(), zone)
