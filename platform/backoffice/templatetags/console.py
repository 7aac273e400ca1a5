"""Filters of the consoles' templates."""

from collections.abc import Mapping

from django import template

from backoffice import audit_words
from backoffice.columns import COLOURS
from kernel.money import format_money
from kernel.text import pick

register = template.Library()
register.filter("deed", audit_words.deed)
register.filter("fact", audit_words.fact)
register.filter("changed", audit_words.changed)
TONES = {"success": "bn-good", "warning": "bn-wait", "danger": "bn-bad", "info": "bn-calm"}


@register.filter
def money(amount: int | None, currency: str) -> str:
    """Show minor units as money in the reader's language."""
    return "–" if amount is None else format_money(amount, currency)


@register.filter
def text(texts: Mapping[str, str] | str | None) -> str:
    """Show a text in the reader's language."""
    return pick(texts)


@register.filter
def tone(state: str) -> str:
    """Return the class of a state's badge."""
    return TONES.get(COLOURS.get(state, ""), "")
