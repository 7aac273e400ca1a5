"""The only source of time: aware UTC datetimes. Tests travel with time-machine."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return timezone.now()


OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
