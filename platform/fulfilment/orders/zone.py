"""The clocks of suppliers: days and times that a warehouse or a counter reads."""

from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
"""Suppliers have no time zone of their own yet; their warehouses are in China."""


def in_zone(moment: datetime) -> datetime:
    """Return the moment as clocks in the warehouse show it."""
    return moment.astimezone(ZONE).replace(tzinfo=None)
