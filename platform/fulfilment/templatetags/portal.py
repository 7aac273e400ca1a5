"""Filters of the portal's templates."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from kernel.money import format_money
from kernel.text import pick

register = template.Library()
ZONE = ZoneInfo("Asia/Shanghai")
"""Suppliers have no time zone of their own yet; their warehouses are in China."""


@register.filter
def in_language(texts: Mapping[str, str] | str) -> str:
    """Return the text in the active language."""
    return pick(texts)


@register.filter
def money(amount: int, currency: str) -> str:
    """Return minor units as a person writes them."""
    return format_money(amount, currency)


@register.filter
def in_zone(moment: datetime) -> datetime:
    """Return the moment as clocks in the warehouse show it."""
    return moment.astimezone(ZONE).replace(tzinfo=None)
