"""A small bar chart as SVG, drawn on the server: no script, readable without colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, FOOT, GAP = 720, 180, 22, 0.25


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One bar: its height, what stands below it (empty: nothing), and what a pointer reads."""

    value: int
    label: str
    title: str


def bars(values: Sequence[ChartBar], *, summary: str) -> SafeString:
    """Return the chart; ``summary`` says in words what it shows. Nothing but text and numbers goes in."""
    most = max((bar.value for bar in values), default=0) or 1
    step = WIDTH / max(len(values), 1)
    width, room = step * (1 - GAP), HEIGHT - FOOT - 4
    drawn = []
    for index, bar in enumerate(values):
        height = max(room * bar.value / most, 1.5 if bar.value > 0 else 0.6)
        x = index * step + step * GAP / 2
        drawn.append(
            (f"{x:.1f}", f"{HEIGHT - FOOT - height:.1f}", f"{width:.1f}", f"{height:.1f}", bar.title)
        )
    labels = [
        (f"{index * step + step / 2:.1f}", HEIGHT - 6, bar.label)
        for index, bar in enumerate(values)
        if bar.label
    ]
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="bn-chart">{}{}</svg>',
        WIDTH,
        HEIGHT,
        summary,
        format_html_join(
            "", '<rect x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>', drawn
        ),
        format_html_join("", '<text x="{}" y="{}" text-anchor="middle">{}</text>', labels),
    )
