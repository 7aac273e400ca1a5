"""A sheet of 800 x 800 to draw on, and the colours to draw with. Makes SVG without styles or scripts."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

SIZE = 800
FLOOR = 652
"""Where things stand."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Six colours that go together: two of the wall, the table, the thing, its contrast, leaves."""

    wall: str
    glow: str
    table: str
    main: str
    accent: str
    leaf: str = "#6f9a6b"


PALETTES = {
    "jade": Palette("#dfeee4", "#f6faf3", "#c3dccb", "#3f8f6c", "#e8b04b", "#5c9b63"),
    "persimmon": Palette("#fde7d6", "#fff6ea", "#f6cfae", "#e2703a", "#7a9e5f", "#6b9a55"),
    "cinnabar": Palette("#fbe0da", "#fff4ee", "#f1bfb2", "#c8402f", "#efb84e", "#7c9a5b"),
    "sky": Palette("#dcebf7", "#f4fafe", "#bed8ea", "#3d7fb4", "#f2a65a", "#6aa287"),
    "plum": Palette("#eee2f1", "#faf4fb", "#dac4e0", "#84539a", "#f0b66b", "#7fa277"),
    "rose": Palette("#fbe3e8", "#fff5f6", "#f3c6d0", "#d4607f", "#f3c98b", "#86a97c"),
    "honey": Palette("#fdf0d2", "#fffaf0", "#f4dba1", "#dd9a2b", "#a35a2a", "#85a05a"),
    "ink": Palette("#e3e7ec", "#f7f9fb", "#c7cfd8", "#3a4a5c", "#d98e5f", "#6f9a83"),
    "clay": Palette("#f5e5da", "#fdf7f1", "#e4c7b3", "#b0664a", "#7f9c86", "#7f9c70"),
    "lagoon": Palette("#d9f0ee", "#f3fbfa", "#b3dedb", "#1f8a8c", "#f59b7c", "#63a583"),
    "sand": Palette("#f4ede0", "#fdfaf4", "#e2d3ba", "#a98a5d", "#5f8f86", "#8aa070"),
    "night": Palette("#d9dcf0", "#f1f2fb", "#b9bee0", "#4a4f9c", "#f4c15d", "#77a08c"),
}


def mix(one: str, other: str, share: float) -> str:
    """Return ``one`` with ``share`` (0 to 1) of ``other`` in it."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def light(colour: str, share: float = 0.35) -> str:
    """Return a lighter ``colour``."""
    return mix(colour, "#ffffff", share)


def dark(colour: str, share: float = 0.25) -> str:
    """Return a darker ``colour``, towards a warm night blue."""
    return mix(colour, "#2a2433", share)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


class Canvas:
    """Collects shapes from back to front; ``svg`` puts the frame around them."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self._defs: list[str] = []
        self._parts: list[str] = []

    def add(self, tag: str, **attributes: str | float) -> None:
        """Add one element; underscores in the names of attributes become hyphens."""
        self._parts.append(f"<{tag}{_written(attributes)}/>")

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, r: float = 0, **more: str | float
    ) -> None:
        """A rectangle with round corners of radius ``r``."""
        self.add("rect", x=x, y=y, width=width, height=height, rx=r, fill=fill, **more)

    def circle(self, x: float, y: float, r: float, fill: str, **more: str | float) -> None:
        """A disc around (x, y)."""
        self.add("circle", cx=x, cy=y, r=r, fill=fill, **more)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, **more: str | float) -> None:
        """An ellipse around (x, y)."""
        self.add("ellipse", cx=x, cy=y, rx=rx, ry=ry, fill=fill, **more)

    def path(self, d: str, fill: str = "none", **more: str | float) -> None:
        """A path in SVG's own notation."""
        self.add("path", d=d, fill=fill, **more)

    def stroke(self, d: str, colour: str, width: float, **more: str | float) -> None:
        """A line with round ends."""
        self.add(
            "path",
            d=d,
            fill="none",
            stroke=colour,
            stroke_width=width,
            stroke_linecap="round",
            stroke_linejoin="round",
            **more,
        )

    @contextmanager
    def moved(
        self,
        x: float = 0,
        y: float = 0,
        turn: float = 0,
        scale: float = 1,
        around: tuple[float, float] = (0, 0),
    ) -> Iterator[None]:
        """Draw the block shifted by (x, y), turned by degrees and scaled about ``around``."""
        cx, cy = around
        self._parts.append(
            f'<g transform="translate({_number(x + cx)} {_number(y + cy)}) rotate({_number(turn)}) '
            f'scale({_number(scale)}) translate({_number(-cx)} {_number(-cy)})">'
        )
        yield
        self._parts.append("</g>")

    def fade(self, *colours: str, down: bool = False, across: bool = False) -> str:
        """Return a fill that runs through ``colours`` from left to right (``down``: top to bottom)."""
        x2, y2 = (1, 1) if across else (0, 1) if down else (1, 0)
        stops = "".join(
            f'<stop offset="{_number(place / (len(colours) - 1))}" stop-color="{colour}"/>'
            for place, colour in enumerate(colours)
        )
        return self._define(
            f'<linearGradient id="%s" x1="0" y1="0" x2="{x2}" y2="{y2}">{stops}</linearGradient>'
        )

    def glow(self, colour: str, strength: float = 1) -> str:
        """Return a fill that is ``colour`` in the middle and nothing at the rim."""
        return self._define(
            f'<radialGradient id="%s"><stop offset="0" stop-color="{colour}" stop-opacity="{_number(strength)}"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
        )

    def round(self, colour: str) -> str:
        """Return the fill of something round lit from the left."""
        return self.fade(light(colour, 0.22), light(colour, 0.06), colour, dark(colour, 0.2))

    def shadow(self, x: float, width: float, y: float = FLOOR, strength: float = 0.34) -> None:
        """The soft shadow of something ``width`` wide that stands at ``x``."""
        fill = self.glow(dark(self.palette.table, 0.62), strength)
        self.ellipse(x + width * 0.05, y + 4, width * 0.66, max(20, width * 0.085), fill)

    def turned(
        self, profile: Sequence[tuple[float, float]], fill: str, x: float = 400, **more: str | float
    ) -> None:
        """Something made on a wheel: ``profile`` lists (half width, y) from top to bottom, joined smoothly."""
        right = [(x + half, y) for half, y in profile]
        left = [(x - half, y) for half, y in reversed(profile)]
        self.path(f"M{_point(right[0])}{_smooth(right)}L{_point(left[0])}{_smooth(left)}Z", fill, **more)

    def leaf(
        self, x: float, y: float, length: float, turn: float, colour: str | None = None, broad: float = 0.3
    ) -> None:
        """A leaf whose stem is at (x, y); ``turn`` 0 points up."""
        colour = colour or self.palette.leaf
        half = length * broad
        with self.moved(x, y, turn):
            self.path(
                f"M0 0C{_number(-half)} {_number(-length * 0.3)} {_number(-half)} {_number(-length * 0.75)} 0 {_number(-length)}"
                f"C{_number(half)} {_number(-length * 0.75)} {_number(half)} {_number(-length * 0.3)} 0 0Z",
                self.fade(light(colour, 0.18), dark(colour, 0.08)),
            )
            self.stroke(
                f"M0 0L0 {_number(-length * 0.82)}", light(colour, 0.4), max(1.5, length * 0.02), opacity=0.7
            )

    def steam(self, x: float, y: float, height: float = 120, spread: float = 60) -> None:
        """Three wisps that rise from (x, y)."""
        for place, high in ((-1, 0.8), (0, 1.0), (1, 0.75)):
            left, top = x + place * spread, y - height * high
            self.stroke(
                f"M{left} {y}C{left - 24} {y - height * high * 0.35} {left + 26} {y - height * high * 0.6} {left} {top}",
                "#ffffff",
                9,
                opacity=0.6,
            )

    def svg(self) -> str:
        """Return the finished picture."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
            f"<defs>{''.join(self._defs)}</defs>{''.join(self._parts)}</svg>\n"
        )

    def _define(self, text: str) -> str:
        for place, known in enumerate(self._defs):
            if known == text % f"c{place}":
                return f"url(#c{place})"
        self._defs.append(text % f"c{len(self._defs)}")
        return f"url(#c{len(self._defs) - 1})"


def ring(
    count: int, radius: float, x: float = 0, y: float = 0, start: float = 0
) -> list[tuple[float, float, float]]:
    """Return ``count`` places (x, y, degrees) evenly on a circle."""
    places = []
    for number in range(count):
        degrees = start + 360 * number / count
        angle = math.radians(degrees)
        places.append((x + radius * math.sin(angle), y - radius * math.cos(angle), degrees))
    return places


def _smooth(points: Sequence[tuple[float, float]]) -> str:
    """Bezier curves through ``points`` (Catmull-Rom), without the first move."""
    text = []
    for place in range(len(points) - 1):
        before, start = points[max(place - 1, 0)], points[place]
        end, after = points[place + 1], points[min(place + 2, len(points) - 1)]
        one = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        two = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        text.append(f"C{_point(one)} {_point(two)} {_point(end)}")
    return "".join(text)


def _point(point: tuple[float, float]) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _written(attributes: dict[str, str | float]) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{value if isinstance(value, str) else _number(value)}"'
        for name, value in attributes.items()
        if value not in ("", 0) or name not in ("rx", "x", "y")
    )
