"""What a round looks like, as SVG drawn on the server: the samples' way, and the scores of a closed gate."""

from collections.abc import Mapping

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from selection.models import Sample
from selection.rounds.selectors import Tally

WIDTH, ROW, LABEL = 480, 30, 150
STATE = Sample.State
WAY = (STATE.REQUESTED, STATE.SHIPPED, STATE.RECEIVED, STATE.SCORED)


def funnel(steps: Mapping[str, int]) -> SafeString:
    """Return how many samples have come how far; ``steps`` counts samples by state."""
    total = sum(steps.values())
    words = {
        STATE.REQUESTED: _("asked for"),
        STATE.SHIPPED: _("sent"),
        STATE.RECEIVED: _("received"),
        STATE.SCORED: _("scored"),
    }
    rows = []
    reached = [(_("seats"), total)]
    for place, state in enumerate(WAY):
        reached.append((words[state], sum(steps.get(later, 0) for later in WAY[place:])))
    room = WIDTH - LABEL - 50
    for number, (word, count) in enumerate(reached):
        y = number * ROW
        width = room * count / total if total else 0
        rows.append(
            (
                y + 19,
                word,
                LABEL,
                y + 5,
                f"{room:.0f}",
                LABEL,
                y + 5,
                f"{width:.1f}",
                WIDTH - 44,
                y + 19,
                count,
            )
        )
    summary = _("%(scored)d of %(total)d samples are scored") % {"scored": reached[-1][1], "total": total}
    return _svg(
        summary,
        len(reached) * ROW,
        format_html_join(
            "",
            '<text x="0" y="{}" font-size="13" fill="currentColor">{}</text>'
            '<rect x="{}" y="{}" width="{}" height="18" rx="4" fill="currentColor" opacity="0.1"/>'
            '<rect x="{}" y="{}" width="{}" height="18" rx="4" fill="#2f8f6b"/>'
            '<text x="{}" y="{}" font-size="13" font-weight="700" fill="currentColor">{}</text>',
            rows,
        ),
    )


def histogram(tally: Tally, threshold: int) -> SafeString:
    """Return the votes of a closed gate per ten points, with the threshold as a line."""
    height, foot, head = 190, 26, 24
    room, most = height - foot - head, max(tally.bins) or 1
    step = WIDTH / len(tally.bins)
    bars: list[tuple[str, str, str, str]] = []
    numbers: list[tuple[str, str, object]] = []
    labels: list[tuple[str, str, object]] = []
    for place, count in enumerate(tally.bins):
        tall = room * count / most
        x, y = place * step, height - foot - tall
        bars.append((f"{x + 3:.1f}", f"{y:.1f}", f"{step - 6:.1f}", f"{max(tall, 1):.1f}"))
        labels.append((f"{x + step / 2:.1f}", str(height - 8), f"{place * 10}+"))
        if count:
            numbers.append((f"{x + step / 2:.1f}", f"{y - 5:.1f}", count))
    line = f"{WIDTH * threshold / 100:.1f}"
    summary = _("%(votes)d scores, %(average)s points on average, %(threshold)d asked for") % {
        "votes": tally.result.votes,
        "average": tally.average,
        "threshold": threshold,
    }
    colour = "#2f8f6b" if tally.result.passed else "#b3412e"
    return _svg(
        summary,
        height,
        format_html_join(
            "",
            '<rect x="{}" y="{}" width="{}" height="{}" rx="3" fill="{}"/>',
            [(*bar, colour) for bar in bars],
        )
        + format_html_join(
            "",
            '<text x="{}" y="{}" font-size="12" text-anchor="middle" fill="currentColor">{}</text>',
            numbers + labels,
        )
        + format_html(
            '<line x1="{}" x2="{}" y1="14" y2="{}" stroke="currentColor" stroke-dasharray="4 4"/>'
            '<text x="{}" y="11" font-size="11" text-anchor="middle" fill="currentColor">{}</text>',
            line,
            line,
            height - foot,
            line,
            threshold,
        ),
    )


def _svg(summary: str, height: int, inside: SafeString) -> SafeString:
    return format_html(
        # As high as it was drawn: on a wide page it stays at its size, on a phone it becomes smaller.
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" width="100%" height="{}"'
        ' preserveAspectRatio="xMinYMid meet">{}</svg>',
        WIDTH,
        height,
        summary,
        height,
        inside,
    )
