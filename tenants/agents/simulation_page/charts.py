"""Charts as SVG text: no script, no style attributes, colours that work on light and dark.

Each returns one ``<svg>`` that scales with its place. Axes and words take the text's own colour; a mark
shows its number when pointed at. Labels are escaped here.
"""

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#0d9488", "#d97706", "#6366f1", "#78716c", "#e11d48", "#65a30d", "#0284c7", "#a855f7")
UNEVEN = "#e11d48"
WIDTH, LEFT, RIGHT, TOP, FOOT = 540, 56, 8, 14, 30
WHOLE_WIDTH = 1040


def columns(series: Mapping[str, Sequence[float]], labels: Sequence[str], *, height: int = 240) -> str:
    """Return stacked columns, one for each label; a legend names the series where there are several."""
    sums = [sum(values) for values in zip(*series.values(), strict=True)]
    ticks = _ticks(max(sums, default=0))
    plot = _Plot(height, ticks[-1])
    step = plot.width / max(len(labels), 1)
    marks = []
    for position, label in enumerate(labels):
        base = 0.0
        for number, (name, values) in enumerate(series.items()):
            value = max(values[position], 0)
            top = plot.y(base + value)
            marks.append(
                f'<rect x="{LEFT + (position + 0.14) * step:.1f}" y="{top:.1f}" width="{step * 0.72:.1f}" '
                f'height="{max(plot.y(base) - top, 0):.1f}" rx="2" fill="{_colour(number)}">'
                f"<title>{escape(label)} · {escape(name)}: {value:,.0f}</title></rect>"
            )
            base += value
    return plot.svg([*plot.grid(ticks), *marks, *plot.below(labels), *plot.legend(list(series))])


def lines(
    series: Mapping[str, Sequence[float]], labels: Sequence[str], *, unit: str = "", height: int = 240
) -> str:
    """Return one line for each series over the same labels; ``unit`` follows every number."""
    ticks = _ticks(max((value for values in series.values() for value in values), default=0))
    plot = _Plot(height, ticks[-1])
    step = plot.width / max(len(labels), 1)
    marks = []
    for number, (name, values) in enumerate(series.items()):
        places = [(LEFT + (at + 0.5) * step, plot.y(max(value, 0))) for at, value in enumerate(values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        marks.append(
            f'<polyline points="{path}" fill="none" stroke="{_colour(number)}" stroke-width="2.5" '
            'stroke-linejoin="round" stroke-linecap="round"/>'
        )
        marks += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_colour(number)}">'
            f"<title>{escape(label)} · {escape(name)}: {value:,.2f}{unit}</title></circle>"
            for (x, y), label, value in zip(places, labels, values, strict=True)
        ]
    return plot.svg([*plot.grid(ticks, unit), *marks, *plot.below(labels), *plot.legend(list(series))])


def bars(values: Mapping[str, float], *, unit: str = "") -> str:
    """Return horizontal bars, longest name on the left, each with its number."""
    top = max(values.values(), default=0) or 1
    row, left = 34, 150
    parts = []
    for number, (name, value) in enumerate(values.items()):
        y = number * row + 8
        length = max(value, 0) / top * (WIDTH - left - 96)
        parts.append(
            f'<text x="{left - 10}" y="{y + 14}" text-anchor="end">{escape(_short(name))}</text>'
            f'<rect x="{left}" y="{y}" width="{max(length, 1):.1f}" height="20" rx="3" '
            f'fill="{_colour(number)}"/>'
            f'<text x="{left + length + 8:.1f}" y="{y + 14}" fill-opacity="0.75">{value:,.0f}{unit}</text>'
        )
    return _frame(parts, len(values) * row + 12)


def strip(parts: Mapping[str, float]) -> str:
    """Return one bar that is split into parts of a whole, with a legend that says each part's percent."""
    whole = sum(max(value, 0) for value in parts.values()) or 1
    x, marks, words = 0.0, [], []
    for number, (name, value) in enumerate(parts.items()):
        width = max(value, 0) / whole * WHOLE_WIDTH
        text = f"{max(value, 0) / whole:.1%}"
        marks.append(
            f'<rect x="{x:.1f}" y="0" width="{width:.1f}" height="44" fill="{_colour(number)}">'
            f"<title>{escape(name)}: {text}</title></rect>"
        )
        if width > 52:
            marks.append(
                f'<text x="{x + width / 2:.1f}" y="27" text-anchor="middle" fill="#fff" '
                f'font-weight="600">{text}</text>'
            )
        place, row = number % 4 * (WHOLE_WIDTH / 4), 70
        words.append(
            f'<rect x="{place:.0f}" y="{row - 10}" width="11" height="11" rx="2" fill="{_colour(number)}"/>'
            f'<text x="{place + 18:.0f}" y="{row}">{escape(_short(name))} {text}</text>'
        )
        x += width
    return _frame([*marks, *words], 84, WHOLE_WIDTH)


def lorenz(points: Sequence[float], equal: str, actual: str) -> str:
    """Return the Lorenz curve beside the line on which everybody had the same."""
    size, pad = 300, 48
    last = max(len(points) - 1, 1)

    def place(at: int, share: float) -> str:
        return f"{pad + at / last * size:.1f},{8 + (1 - share) * size:.1f}"

    curve = " ".join(place(at, share) for at, share in enumerate(points))
    parts = [
        f'<rect x="{pad}" y="8" width="{size}" height="{size}" fill="none" stroke="currentColor" '
        'stroke-opacity="0.25"/>',
        f'<polygon points="{place(0, 0)} {curve} {place(last, 1)}" fill="{UNEVEN}" fill-opacity="0.14"/>',
        f'<line x1="{pad}" y1="{8 + size}" x2="{pad + size}" y2="8" stroke="currentColor" '
        'stroke-opacity="0.5" stroke-dasharray="5 5"/>',
        f'<polyline points="{curve}" fill="none" stroke="{UNEVEN}" stroke-width="2.5"/>',
    ]
    parts += [
        f'<text x="{pad - 6}" y="{12 + (1 - share / 100) * size:.0f}" text-anchor="end" '
        f'fill-opacity="0.65">{share}%</text>'
        f'<text x="{pad + share / 100 * size:.0f}" y="{size + 26}" text-anchor="middle" '
        f'fill-opacity="0.65">{share}%</text>'
        for share in (0, 50, 100)
    ]
    for number, (text, colour) in enumerate(((equal, "currentColor"), (actual, UNEVEN))):
        y = 40 + number * 26
        parts.append(
            f'<rect x="{size + 76}" y="{y - 10}" width="18" height="4" fill="{colour}"/>'
            f'<text x="{size + 102}" y="{y - 4}">{escape(text)}</text>'
        )
    return _frame(parts, size + 34)


class _Plot:
    """The field inside the axes: how a value becomes a place."""

    def __init__(self, height: int, top: float) -> None:
        self.height, self.top = height, top or 1
        self.width = WIDTH - LEFT - RIGHT

    def y(self, value: float) -> float:
        return TOP + (1 - value / self.top) * (self.height - TOP - FOOT)

    def grid(self, ticks: Sequence[float], unit: str = "") -> list[str]:
        return [
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(tick):.1f}" y2="{self.y(tick):.1f}" '
            f'stroke="currentColor" stroke-opacity="{0.35 if not tick else 0.12}"/>'
            f'<text x="{LEFT - 8}" y="{self.y(tick) + 4:.1f}" text-anchor="end" fill-opacity="0.65">'
            f"{_compact(tick)}{unit}</text>"
            for tick in ticks
        ]

    def below(self, labels: Sequence[str]) -> list[str]:
        every, step = -(-len(labels) // 16) or 1, self.width / max(len(labels), 1)
        return [
            f'<text x="{LEFT + (at + 0.5) * step:.1f}" y="{self.height - 10}" text-anchor="middle" '
            f'fill-opacity="0.65">{escape(label)}</text>'
            for at, label in enumerate(labels)
            if at % every == 0
        ]

    def legend(self, names: Sequence[str]) -> list[str]:
        if len(names) < 2:
            return []
        width = min((WIDTH - LEFT) / len(names), 190)
        return [
            f'<circle cx="{LEFT + at * width + 6:.0f}" cy="{self.height + 10}" r="5" fill="{_colour(at)}"/>'
            f'<text x="{LEFT + at * width + 17:.0f}" y="{self.height + 15}">{escape(_short(name))}</text>'
            for at, name in enumerate(names)
        ]

    def svg(self, parts: Sequence[str]) -> str:
        return _frame(parts, self.height + 26)


def _frame(parts: Sequence[str], height: float, width: float = WIDTH) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" role="img" xmlns="http://www.w3.org/2000/svg" '
        f'font-size="13" font-family="system-ui, sans-serif" fill="currentColor">{"".join(parts)}</svg>'
    )


def _ticks(top: float) -> list[float]:
    """Round numbers from nought to a little above ``top``."""
    if top <= 0:
        return [0.0, 1.0]
    size = 1.0
    while size * 10 <= top:
        size *= 10
    while size > top:
        size /= 10
    step = next(s for s in (size / 5, size / 2, size, size * 2, size * 5) if top / s <= 5)
    return [step * number for number in range(int(-(-top // step)) + 1)]


def _compact(value: float) -> str:
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.4g}{unit}"
    return f"{value:.4g}"


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
