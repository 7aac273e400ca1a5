"""``banyan simulate FILE``: what rules would cost and whom they would enrich, before they count."""

import gettext
import resource
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kernel.texts.languages import text_in
from tenants.agents.commands import documents
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.simulation.population import Population, Report
from tenants.agents.rules.simulation.simulating import simulate
from tenants.agents.simulation_page.page import Words, facts_of, page

MOST = {"members": 5_000_000, "months": 60}
MOST_PAYMENT_FEE = 10
LOCALE = Path(__file__).parents[1] / "locale"
_HEADINGS = (
    {"zh-hans": "月", "en": "month"},
    {"zh-hans": "会员", "en": "members"},
    {"zh-hans": "订单", "en": "orders"},
    {"zh-hans": "货款", "en": "sales"},
    {"zh-hans": "立减", "en": "saved"},
    {"zh-hans": "分出", "en": "paid out"},
    {"zh-hans": "毛利", "en": "margin"},
)
GETTEXT_NAMES = {"zh-hans": "zh_Hans"}


def main(arguments: Sequence[str]) -> int:
    """Simulate a document on a seeded population and return the exit code."""
    return documents.run(parser(), _simulate, arguments)


def parser() -> ArgumentParser:
    """Return the command's parser."""
    parser = documents.command_parser(
        "simulate", "Simulate agent rules on a made-up population; the same seed gives the same report."
    )
    parser.add_argument("--members", type=int, default=100_000, help="people at the end (default 100000)")
    parser.add_argument("--months", type=int, default=12, help="how long (default 12)")
    parser.add_argument(
        "--payment-fee", type=float, default=0, help="percent that the shop pays for payments (default 0)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of all chance (default 1)")
    parser.add_argument("--html", metavar="FILE", help="also write one page with charts")
    return parser


def _simulate(options: Namespace) -> int:
    for name, most in MOST.items():
        if not 1 <= getattr(options, name) <= most:
            raise documents.WrongArgument(f"--{name} must be from 1 to {most}")
    if options.seed < 0:
        raise documents.WrongArgument("--seed must not be negative")
    if not 0 <= options.payment_fee <= MOST_PAYMENT_FEE:
        raise documents.WrongArgument(f"--payment-fee must be from 0 to {MOST_PAYMENT_FEE}")
    rules = documents.rules_from(options.file)
    population = Population(members=options.members, payment_fee_percent=options.payment_fee)
    words = _words(options.language)
    started = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("month {task.completed}/{task.total}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{population.members:,} people", total=options.months)
        report = simulate(
            rules,
            population,
            months=options.months,
            seed=options.seed,
            progress=lambda done: progress.update(task, completed=done),
        )
    if options.html:
        _write(options.html, page(rules, report, population, words, seed=options.seed))
    if options.json:
        facts = {"file": options.file, "seed": options.seed, **report.as_dict()}
        sys.stdout.write(documents.json_text(facts) + "\n")
    else:
        _show(rules, report, words)
        seconds, peak = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        Console(stderr=True).print(f"[dim]{seconds:.1f} s, at most {peak / 1024:.0f} MiB[/]")
    return documents.DONE


def _words(language: str) -> Words:
    """Return the app's translations as Django would, without Django."""
    names = [GETTEXT_NAMES.get(language, language)]
    translation = gettext.translation("django", LOCALE, languages=names, fallback=True)
    return Words(language, translation.gettext)


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise documents.WrongArgument(f"{name} cannot be written: {error}") from None


def _show(rules: Rules, report: Report, words: Words) -> None:
    console = Console()
    month, *headings = (text_in(heading, words.language) for heading in _HEADINGS)
    money = Table(month, title=text_in(rules.document.name, words.language), box=None, pad_edge=False)
    # Names of roles are longer than the figures below them: they have a table of their own.
    holders = Table(month, box=None, pad_edge=False)
    for heading in headings:
        money.add_column(heading, justify="right", no_wrap=True)
    for role in rules.document.roles:
        holders.add_column(escape(text_in(role.name, words.language)), justify="right")
    for simulated in report.months:
        sums = (simulated.sales, simulated.saved, simulated.paid_out, simulated.margin)
        figures = [f"{amount / 10**rules.compiled.digits:,.0f}" for amount in sums]
        number = str(simulated.number)
        money.add_row(number, f"{simulated.members:,}", f"{simulated.orders:,}", *figures)
        holders.add_row(number, *(f"{simulated.roles[role.id]:,}" for role in rules.document.roles))
    console.print(money)
    if rules.document.roles:
        console.print(holders)
    facts = Table.grid(padding=(0, 2))
    for label, value in facts_of(report, words):
        facts.add_row(label, value)
    console.print(facts)
