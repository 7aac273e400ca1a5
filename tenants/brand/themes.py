"""The base themes: six shops that differ in build, not only in colour.

A theme picks the header, the hero, the product card and the rhythm of the page (templates and CSS know
them by name) and brings default tokens, which a brand may change one by one.
"""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ThemeKey = Literal["market", "flash", "local", "gallery", "night", "paper"]
Density = Literal["compact", "normal", "airy"]
Display = Literal["sans", "serif", "round", "heavy"]


@dataclass(frozen=True, slots=True)
class Theme:
    """One base theme. ``header``, ``hero`` and ``card`` are names that templates and CSS know."""

    key: ThemeKey
    label: Promise
    header: Literal["centre", "bar", "locator", "bare", "compact", "masthead"]
    hero: Literal["split", "burst", "banner", "statement", "poster", "edition"]
    card: Literal["plate", "deal", "row", "bare", "glass", "ruled"]
    primary: str
    secondary: str
    accent: str
    base: str
    scheme: Literal["light", "dark", "auto"]
    radius: int
    scale: float
    density: Density
    display: Display
    price: str = ""


THEMES: dict[str, Theme] = {
    theme.key: theme
    for theme in (
        Theme(
            "market", _("Market: warm, rounded, room to breathe"), "centre", "split", "plate",
            primary="#b4471f", secondary="#e39a2d", accent="#5f7d3a", base="#faf3e7",
            scheme="light", radius=20, scale=1.0, density="normal", display="serif",
        ),
        Theme(
            "flash", _("Flash: loud, dense, everything on sale"), "bar", "burst", "deal",
            primary="#e6003c", secondary="#ff7a00", accent="#ffd400", base="#f6f4f5",
            scheme="light", radius=8, scale=1.0, density="compact", display="heavy", price="#e6003c",
        ),
        Theme(
            "local", _("Local: fresh, friendly lists of what is near"), "locator", "banner", "row",
            primary="#00875f", secondary="#7cc04b", accent="#ff8a3d", base="#f1f7f2",
            scheme="light", radius=14, scale=1.0, density="normal", display="round", price="#d9480f",
        ),
        Theme(
            "gallery", _("Gallery: white, quiet, the picture first"), "bare", "statement", "bare",
            primary="#1c1c1c", secondary="#8a7f72", accent="#a98b5d", base="#ffffff",
            scheme="light", radius=0, scale=1.0, density="airy", display="sans",
        ),
        Theme(
            "night", _("Night: dark, glowing, made for evenings"), "compact", "poster", "glass",
            primary="#8b5cf6", secondary="#ec4899", accent="#22d3ee", base="#14121f",
            scheme="dark", radius=16, scale=1.0, density="normal", display="sans", price="#f0abfc",
        ),
        Theme(
            "paper", _("Paper: ruled and set like a magazine"), "masthead", "edition", "ruled",
            primary="#7a1f1f", secondary="#b08d57", accent="#2f4858", base="#f7f4ec",
            scheme="auto", radius=2, scale=1.05, density="airy", display="serif",
        ),
    )
}  # fmt: skip
