"""Filters of the consoles' templates."""

from collections.abc import Mapping
from typing import Any

from django import template

from backoffice import audit_entries, tones
from kernel.money.money import format_money
from kernel.texts.translated import pick

register = template.Library()
register.filter("action_name", audit_entries.action_name)
register.filter("fact_name", audit_entries.fact_name)
register.filter("change_text", audit_entries.change_text)
register.filter("tone", tones.badge)


@register.filter
def money(amount: int | None, currency: str) -> str:
    """Show minor units as money in the reader's language."""
    return "–" if amount is None else format_money(amount, currency)


@register.filter
def text(texts: Mapping[str, str] | str | None) -> str:
    """Show a text in the reader's language."""
    return pick(texts)


@register.inclusion_tag("backoffice/parts/badge.html")
def badge(row: Any, field: str = "state") -> dict[str, str]:
    """Show a row's state as a badge in its tone."""
    value = getattr(row, field)
    return {"tone": tones.badge(value, row), "text": getattr(row, f"get_{field}_display")()}
