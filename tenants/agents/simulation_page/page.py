"""A simulation as one page with charts: no script, nothing loaded from elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import NamedTuple

from kernel.money.amounts import exponent
from kernel.texts.languages import text_in
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.linting.findings import LintFinding
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules.simulation.population import Population, Report
from tenants.agents.simulation_page import charts

_STYLE = (resources.files(__package__) / "page.css").read_text(encoding="utf-8")


class Words(NamedTuple):
    """A language and its translations, handed in, so that ``banyan simulate`` needs no Django."""

    language: str
    gettext: Callable[[str], str]

    def pick(self, texts: Mapping[str, str] | str) -> str:
        """Return the text in this language."""
        return text_in(texts, self.language)


class Figure(NamedTuple):
    """One chart with its words; ``svg`` stands in any page without a style of its own."""

    title: str
    caption: str
    svg: str
    is_wide: bool = False


def page(rules: Rules, report: Report, population: Population, words: Words, *, seed: int) -> str:
    """Return the whole HTML page; amounts in units of the document's currency."""
    _ = words.gettext
    document = rules.document
    name, currency = words.pick(document.name), document.currency
    intro = _("%(members)s people over %(months)d months, seed %(seed)d. A model, not a promise.") % {
        "members": f"{population.members:,}",
        "months": len(report.months),
        "seed": seed,
    }
    tiles = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(label)}</span></div>'
        for label, value in facts_of(report, words)
    )
    figures = "".join(
        f"<figure{' class=wide' if figure.is_wide else ''}><h2>{escape(figure.title)}</h2>"
        f"<p>{escape(figure.caption)}</p>{figure.svg}</figure>"
        for figure in figures_of(rules, report, words)
    )
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(name)}</title>'
        f"<style>{_STYLE}</style></head><body><header><h1>{escape(name)}</h1><p>{escape(intro)}</p></header>"
        f'<section class="tiles">{tiles}</section><main class="grid">{figures}'
        f"{_ladder(rules, report, words)}{_findings(lint(rules), words)}"
        f"{_table(report, currency, words)}</main>"
        f"<footer>{escape(_assumptions(population, currency, words))}</footer></body></html>\n"
    )


def facts_of(report: Report, words: Words) -> list[tuple[str, str]]:
    """Return the report's figures with what each means."""
    _ = words.gettext
    return [
        (_("paid out, of sales"), f"{report.cost_share:.2%}"),
        (_("margin left, of sales"), f"{report.margin_share:.2%}"),
        (_("lowest margin of an order"), f"{report.lowest_margin:.2%}"),
        (_("orders whose earnings were cut by a limit"), f"{report.cut_orders:.2%}"),
        (_("people who earned"), f"{report.earners:,}"),
        (_("Gini of what they earned (1: one earns all)"), f"{report.gini:.3f}"),
        (_("earned by the ten who earn most"), f"{report.top_ten_share:.1%}"),
        (_("earned by the tenth who earn most"), f"{report.top_tenth_share:.1%}"),
        (_("sales through the ten largest circles"), f"{report.top_ten_sales:.1%}"),
        (_("income from the second level"), f"{report.second_level_share:.1%}"),
        (_("income from recruiting"), f"{report.recruiting_share:.1%}"),
        (_("depth, deepest and mean"), f"{report.deepest}, {report.mean_depth:.1f}"),
        (_("teams of 30 and more in two levels"), f"{report.large_teams:,}"),
    ]


def figures_of(rules: Rules, report: Report, words: Words) -> list[Figure]:
    """Return the report's charts, the most telling first."""
    _ = words.gettext
    currency, unit = rules.document.currency, 10 ** exponent(rules.document.currency)
    months = report.months
    labels = [str(month.number) for month in months]
    sales, saved = (sum(getattr(month, name) for month in months) for name in ("sales", "saved"))
    paid_out, margin = (sum(getattr(month, name) for month in months) for name in ("paid_out", "margin"))
    where = {
        _("paid out"): paid_out,
        _("left to the shop"): margin,
        _("saved at the till"): saved,
        _("goods and fee"): sales - paid_out - margin,
    }
    by_rule = sorted(report.by_earn.items(), key=lambda pair: -pair[1])
    figures = [
        Figure(
            _("Where the price goes"),
            _("Of all that would have been paid without any saving."),
            charts.strip({name: float(amount) for name, amount in where.items()}),
            is_wide=True,
        ),
        Figure(
            _("What a month leaves, %(currency)s") % {"currency": currency},
            _("What was paid out, and what was left to the shop after goods and fee."),
            charts.columns(
                {
                    _("paid out"): [month.paid_out / unit for month in months],
                    _("left to the shop"): [month.margin / unit for month in months],
                },
                labels,
            ),
        ),
        Figure(
            _("What it costs, percent"),
            _("Paid out, of sales; and income from recruiting, of what was paid out."),
            charts.lines(
                {
                    _("paid out, of sales"): [_percent(month.paid_out, month.sales) for month in months],
                    _("income from recruiting"): [
                        _percent(month.from_recruiting, month.paid_out) for month in months
                    ],
                },
                labels,
                unit="%",
            ),
        ),
        Figure(
            _("Who earns how much"),
            _("The nearer the curve to the dashed line, the more evenly people earn."),
            charts.lorenz(report.lorenz, _("everybody earns the same"), f"Gini {report.gini:.3f}"),
        ),
        Figure(
            _("How deep people stand"),
            _("People by how many stand above them. At most two of those are ever paid from a sale."),
            charts.columns(
                {_("Members"): [float(count) for count in report.depths]},
                [str(depth) for depth in range(len(report.depths))],
                height=310,
            ),
        ),
        Figure(
            _("Members"),
            _("At the end of each month."),
            charts.columns({_("Members"): [float(month.members) for month in months]}, labels),
        ),
    ]
    if by_rule:
        figures.append(
            Figure(
                _("What each rule paid, %(currency)s") % {"currency": currency},
                _("Over the whole time, without what was returned."),
                charts.bars({name: amount / unit for name, amount in by_rule}),
            )
        )
    return figures


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _ladder(rules: Rules, report: Report, words: Words) -> str:
    """Each role in a chart of its own: a hundred thousand members would hide seven directors."""
    if not rules.document.roles:
        return ""
    _ = words.gettext
    labels = [str(month.number) for month in report.months]
    charted = []
    for role in rules.document.roles:
        held = [float(month.roles[role.id]) for month in report.months]
        now = f"{report.months[-1].roles[role.id]:,}" if report.months else "0"
        charted.append(
            f"<div><h3>{escape(words.pick(role.name))}: {now}</h3>"
            f"{charts.lines({role.id: held}, labels)}</div>"
        )
    title, caption = _("The ladder over time"), _("How many hold each role at the end of a month.")
    return (
        f'<figure class="wide"><h2>{escape(title)}</h2><p>{escape(caption)}</p>'
        f'<div class="small">{"".join(charted)}</div></figure>'
    )


def _findings(findings: Sequence[LintFinding], words: Words) -> str:
    if not findings:
        return ""
    _ = words.gettext
    listed = "".join(
        f'<li><span class="mark {finding.severity}">{finding.severity}</span>'
        f"{escape(words.pick(finding.message))} "
        f"<small>{escape(words.pick(finding.article))}</small></li>"
        for finding in findings
    )
    title = _("What the linter says")
    note = _("This is engineering, not legal advice.")
    return (
        f'<div class="card wide"><h2>{escape(title)}</h2><ul>{listed}</ul><small>{escape(note)}</small></div>'
    )


def _table(report: Report, currency: str, words: Words) -> str:
    _ = words.gettext
    unit = 10 ** exponent(currency)
    heads = [_("month"), _("Members"), _("orders"), _("sales"), _("saved"), _("paid out"), _("margin")]
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{value:,.0f}</td>"
            for value in (
                month.number,
                month.members,
                month.orders,
                month.sales / unit,
                month.saved / unit,
                month.paid_out / unit,
                month.margin / unit,
            )
        )
        + "</tr>"
        for month in report.months
    )
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    title = _("Month by month, %(currency)s") % {"currency": currency}
    return (
        f'<div class="card wide"><h2>{escape(title)}</h2><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _assumptions(people: Population, currency: str, words: Words) -> str:
    _ = words.gettext
    return _(
        "Assumed: %(orders)s orders a person and month, baskets of %(basket)s %(currency)s on average, "
        "margins of %(margin)s %% ± %(spread)s, %(returned)s %% returned, a platform fee of %(fee)s %%, "
        "%(bound)s %% of people come through somebody; who shares well brings many, most bring few."
    ) % {
        "orders": f"{people.orders_each_month:g}",
        "basket": f"{people.basket / 10 ** exponent(currency):g}",
        "currency": currency,
        "margin": f"{people.margin_percent:g}",
        "spread": f"{people.margin_spread:g}",
        "returned": f"{people.return_percent:g}",
        "fee": f"{people.platform_fee_percent:g}",
        "bound": f"{people.bound_percent:g}",
    }
