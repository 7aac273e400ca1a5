"""The only source of time: aware UTC datetimes. Tests travel with time-machine."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

CENTRAL_ZONE = ZoneInfo("Asia/Shanghai")
"""Of the central team, and of suppliers: they have no time zone of their own yet."""


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return timezone.now()


def in_central_zone(moment: datetime) -> datetime:
    """Return the moment as clocks of the central team and of the warehouses show it, without a zone."""
    return moment.astimezone(CENTRAL_ZONE).replace(tzinfo=None)
