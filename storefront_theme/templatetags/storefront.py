"""What the pages' templates need: prices, icons, texts in the reader's language."""

import re
from collections.abc import Mapping
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from kernel.money.amounts import decimal_text
from kernel.money.money import format_money
from kernel.texts.translated import pick as pick_text
from tenants.agents.members.selectors import JoinTerms, join_terms
from tenants.shop.offers.selectors import Card

register = template.Library()
_PARTS = re.compile(r"(?P<sign>\D*)(?P<whole>[\d,]+)(?P<fraction>\.\d+)?(?P<rest>.*)")
_CATEGORY_ICONS = {
    "food": "utensils", "fruit": "leaf", "grains": "wheat", "tea": "coffee", "snacks": "gift",
    "fresh": "apple", "pantry": "package", "home": "sofa", "kitchen": "cooking-pot", "bed": "bed-double",
    "bath": "bed-double", "living": "lamp", "beauty": "sparkles", "skincare": "droplet", "makeup": "brush",
    "hair": "flower", "body": "flower", "local": "store", "dining": "utensils", "eat": "utensils",
    "leisure": "ticket", "play": "ticket", "wellness": "flower-2", "travel": "plane", "drink": "coffee",
}  # fmt: skip


@register.filter
def pick(texts: Mapping[str, str] | str | None) -> str:
    """Return the text of a {"zh-hans": …, "en": …} in the page's language."""
    return pick_text(texts)


@lru_cache(maxsize=8192)
def _money(amount: int, currency: str, language: str) -> str:
    return format_money(amount, currency, language)


@register.simple_tag
def money(amount: int, currency: str) -> str:
    """Write an amount of minor units as plain text, e.g. ¥12.50."""
    return _money(amount, currency, get_language() or "zh-hans")


@register.simple_tag
def plain_amount(amount: int, currency: str) -> str:
    """Write an amount of minor units the way a form takes it, e.g. 12.50."""
    return decimal_text(amount, currency)


@lru_cache(maxsize=8192)
def _price(amount: int, currency: str, language: str) -> SafeString:
    text = _money(amount, currency, language)
    match = _PARTS.fullmatch(text)
    if match is None:
        return format_html('<span class="price">{}</span>', text)
    fraction = match["fraction"] or ""
    return format_html(
        '<span class="price"><span class="sign">{}</span>{}{}</span>',
        match["sign"],
        match["whole"],
        format_html('<span class="fraction">{}{}</span>', fraction, match["rest"])
        if fraction
        else match["rest"],
    )


@register.simple_tag
def price(amount: int, currency: str) -> SafeString:
    """Write an amount the way a price tag does: small sign, large whole part, small fraction."""
    return _price(amount, currency, get_language() or "zh-hans")


@register.simple_tag
def joining() -> JoinTerms:
    """Return what joining asks and gives under the shop's rules."""
    return join_terms()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw an icon of the sprite; it is decoration, so screen readers skip it."""
    return format_html(
        '<svg class="icon {}" width="24" height="24" aria-hidden="true"><use href="{}#{}"></use></svg>',
        extra,
        static("storefront/icons.svg"),
        name,
    )


@register.simple_tag
def category_icon(slug: str) -> SafeString:
    """Draw the icon of a category; unknown ones get a basket."""
    for part in (slug, *slug.split("-")):
        if part in _CATEGORY_ICONS:
            return icon(_CATEGORY_ICONS[part], "icon-l")
    return icon("shopping-basket", "icon-l")


@register.filter
def discount(card: Card) -> str:
    """Return the reduction from the compare-at price as shops write it: "7.5折" or "-25%"; empty if small."""
    if not card.compare_at or card.compare_at <= card.price:
        return ""
    left = round(card.price * 100 / card.compare_at)
    if left > 97:
        return ""
    if (get_language() or "zh").startswith("zh"):
        tenths, rest = divmod(left, 10)
        return f"{tenths}.{rest}折" if rest else f"{tenths}折"
    return f"-{100 - left}%"
