"""A simulation as one page with charts: no script, nothing loaded from elsewhere."""

from collections.abc import Sequence
from html import escape

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel.money import exponent
from tenants.agents.rules.simulation import Report

_COLOURS = ("#0f766e", "#b45309", "#4338ca", "#be123c", "#4d7c0f")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 240, 70, 26
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1c1917}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "td{padding:.25rem 1.5rem .25rem 0;border-top:1px solid #e7e5e4}"
    "td:last-child{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}"
    "figcaption{font-weight:600}figure{margin:2rem 0}"
)


def page(name: str, currency: str, report: Report) -> str:
    """Return the whole HTML page; amounts in units of ``currency``."""
    unit = 10 ** exponent(currency)
    months = report.months
    money = {
        _("sales"): [month.sales / unit for month in months],
        _("paid out"): [month.paid_out / unit for month in months],
        _("margin"): [month.margin / unit for month in months],
    }
    names = months[0].roles if months else {}
    roles = {role: [float(month.roles[role]) for month in months] for role in names}
    people = {_("members"): [float(month.members) for month in months]}
    figures = "".join(
        f"<tr><td>{escape(label)}</td><td>{escape(value)}</td></tr>" for label, value in facts_of(report)
    )
    charts = [
        _chart(_("Money a month, %(currency)s") % {"currency": currency}, money),
        _chart(_("Members"), people),
        _chart(_("Roles"), roles) if roles else "",
    ]
    language = get_language() or "en"
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(name)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(name)}</h1><table>{figures}</table>{''.join(charts)}</html>\n"
    )


def facts_of(report: Report) -> list[tuple[str, str]]:
    """Return the report's figures with what each means."""
    return [
        (_("paid out, of sales"), f"{report.cost_share:.2%}"),
        (_("margin left, of sales"), f"{report.margin_share:.2%}"),
        (_("lowest margin of an order"), f"{report.lowest_margin:.2%}"),
        (_("orders whose shares were cut by a limit"), f"{report.cut_orders:.2%}"),
        (_("people who earned"), f"{report.earners:,}"),
        (_("Gini of what they earned (1: one earns all)"), f"{report.gini:.3f}"),
        (_("held by the ten who earn most"), f"{report.top_ten_share:.1%}"),
        (_("income from the second level"), f"{report.second_level_share:.1%}"),
        (_("depth, deepest and mean"), f"{report.deepest}, {report.mean_depth:.1f}"),
        (_("teams of 30 and more in two levels"), f"{report.large_teams:,}"),
    ]


def _chart(title: str, series: dict[str, list[float]]) -> str:
    top = max((value for values in series.values() for value in values), default=0) or 1
    lines, legend = [], []
    for number, (label, values) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        lines.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2.5" points="{_points(values, top)}"/>'
        )
        legend.append(f'<tspan fill="{colour}">{escape(label)}</tspan>')
    baseline = _HEIGHT - _BOTTOM
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-size="12" font-family="system-ui,sans-serif">'
        f'<line x1="{_LEFT}" y1="{baseline}" x2="{_WIDTH}" y2="{baseline}" stroke="#a8a29e"/>'
        f'<text x="{_LEFT - 8}" y="16" text-anchor="end">{top:,.0f}</text>'
        f'<text x="{_LEFT - 8}" y="{baseline}" text-anchor="end">0</text>{"".join(lines)}'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{" · ".join(legend)}</text></svg></figure>'
    )


def _points(values: Sequence[float], top: float) -> str:
    step = (_WIDTH - _LEFT - 4) / max(len(values) - 1, 1)
    height = _HEIGHT - _BOTTOM - 10
    return " ".join(
        f"{_LEFT + index * step:.1f},{_HEIGHT - _BOTTOM - max(value, 0) / top * height:.1f}"
        for index, value in enumerate(values)
    )
