"""Filters of the portal's templates."""

from collections.abc import Mapping

from django import template

from kernel.money.money import format_money
from kernel.texts.translated import pick

register = template.Library()


@register.filter
def in_language(texts: Mapping[str, str] | str) -> str:
    """Return the text in the active language."""
    return pick(texts)


@register.filter
def money(amount: int, currency: str) -> str:
    """Return minor units as a person writes them."""
    return format_money(amount, currency)
