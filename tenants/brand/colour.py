"""Colours as people choose them, and the arithmetic that keeps text readable on them.

OKLab/OKLCH after Björn Ottosson (https://bottosson.github.io/posts/oklab/), contrast after WCAG 2.2
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Results are eight-bit sRGB, so the contrast that is
computed is the contrast that a screen shows.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

AA = 4.5
"""Contrast that WCAG's level AA asks of ordinary text."""
BLACK, WHITE = "#000000", "#ffffff"

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_OKLCH = re.compile(
    r"oklch\(\s*(?P<l>\d*\.?\d+)(?P<percent>%?)\s+(?P<c>\d*\.?\d+)\s+(?P<h>\d*\.?\d+)(?:deg)?\s*\)",
    re.IGNORECASE,
)
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Oklch:
    """A colour by perceived lightness (0 to 1), chroma (0 to about 0.37) and hue (degrees)."""

    lightness: float
    chroma: float
    hue: float

    def hex(self) -> str:
        """Return #rrggbb; a chroma that no screen can show at this lightness is reduced until one can."""
        if self.lightness <= 0:
            return BLACK
        if self.lightness >= 1:
            return WHITE
        low, high = 0.0, self.chroma
        rgb = _linear_rgb(self)
        if not _in_gamut(rgb):
            for _ in range(18):
                middle = (low + high) / 2
                if _in_gamut(_linear_rgb(replace(self, chroma=middle))):
                    low = middle
                else:
                    high = middle
            rgb = _linear_rgb(replace(self, chroma=low))
        return "#" + "".join(f"{round(_encode(channel) * 255):02x}" for channel in rgb)

    def at(self, lightness: float, *, chroma: float | None = None, turn: float = 0) -> "Oklch":
        """Return the colour at another lightness, and chroma and hue if asked."""
        return Oklch(
            min(max(lightness, 0.0), 1.0),
            self.chroma if chroma is None else chroma,
            (self.hue + turn) % 360,
        )


def parse(text: str) -> Oklch:
    """Read ``#rgb``, ``#rrggbb`` or ``oklch(62% 0.19 30)``. Raises ValueError for anything else."""
    value = text.strip()
    if _HEX.fullmatch(value):
        return _from_hex(value)
    if match := _OKLCH.fullmatch(value):
        lightness = float(match["l"]) / (100 if match["percent"] else 1)
        chroma = float(match["c"])
        if lightness > 1 or chroma > 0.5:
            raise ValueError(f"{text!r}: lightness goes to 100% (or 1) and chroma to 0.5")
        return Oklch(lightness, chroma, float(match["h"]) % 360)
    raise ValueError(f"{text!r} is no colour: write #rrggbb or oklch(62% 0.19 30)")


def contrast(first: str, second: str) -> float:
    """Return WCAG's ratio of two #rrggbb colours, from 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def worst(text: str, backgrounds: Iterable[str]) -> float:
    """Return the lowest contrast of ``text`` on any of the backgrounds."""
    return min(contrast(text, background) for background in backgrounds)


def mend(text: Oklch, *backgrounds: str, minimum: float = AA) -> str:
    """Return ``text`` as #rrggbb, moved in lightness just far enough to be read on every background.

    Hue is kept. Where no lightness reaches ``minimum``, black or white is returned, whichever is
    read better; on a single background one of them always reaches 4.5.
    """
    wished = text.hex()
    if worst(wished, backgrounds) >= minimum:
        return wished
    for step in range(1, _STEPS + 1):
        for lightness in (text.lightness - step / _STEPS, text.lightness + step / _STEPS):
            if 0 <= lightness <= 1:
                candidate = text.at(lightness).hex()
                if worst(candidate, backgrounds) >= minimum:
                    return candidate
    return max((BLACK, WHITE), key=lambda pole: worst(pole, backgrounds))


def mix(first: str, second: str, share: float) -> str:
    """Return the sRGB blend of two #rrggbb colours, as a CSS gradient has it at ``share`` (0 to 1)."""
    ends = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in ends)


def _channels(colour: str) -> list[int]:
    return [int(colour[index : index + 2], 16) for index in (1, 3, 5)]


def _decode(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encode(channel: float) -> float:
    channel = min(max(channel, 0.0), 1.0)
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


@lru_cache(maxsize=4096)
def _luminance(colour: str) -> float:
    red, green, blue = (_decode(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _from_hex(text: str) -> Oklch:
    digits = text[1:].lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (_decode(channel / 255) for channel in _channels("#" + digits))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(min(max(lightness, 0.0), 1.0), math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _linear_rgb(colour: Oklch) -> tuple[float, float, float]:
    a = colour.chroma * math.cos(math.radians(colour.hue))
    b = colour.chroma * math.sin(math.radians(colour.hue))
    long = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _in_gamut(rgb: tuple[float, float, float]) -> bool:
    return all(-0.0005 <= channel <= 1.0005 for channel in rgb)
