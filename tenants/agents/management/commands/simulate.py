"""``banyan simulate FILE``: what rules would cost and whom they would enrich, before they count."""

import resource
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kernel.text import pick
from tenants.agents.command_line import RulesCommand
from tenants.agents.rules import Rules
from tenants.agents.rules.population import Population, Report
from tenants.agents.rules.simulation import simulate
from tenants.agents.simulation_page import facts_of, page

MOST = {"members": 5_000_000, "months": 60}


class Command(RulesCommand):
    """Lets a seeded population live under a document, or under a preset named by its name."""

    help = "Simulate agent rules on a made-up population; the same seed gives the same report."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--members", type=int, default=100_000, help="people at the end (default 100000)")
        parser.add_argument("--months", type=int, default=12, help="how long (default 12)")
        parser.add_argument("--seed", type=int, default=1, help="of all chance (default 1)")
        parser.add_argument("--html", metavar="FILE", help="also write one page with charts")

    def run(self, options: dict[str, Any]) -> None:
        """Simulate and show."""
        for name, most in MOST.items():
            if not 1 <= options[name] <= most:
                raise self.wrong(f"--{name} must be from 1 to {most}")
        if options["seed"] < 0:
            raise self.wrong("--seed must not be negative")
        rules, population = self.rules_from(options["file"]), Population(members=options["members"])
        started = time.monotonic()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("month {task.completed}/{task.total}"),
        )
        with Progress(
            *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True
        ) as progress:
            task = progress.add_task(f"{population.members:,} people", total=options["months"])
            report = simulate(
                rules,
                population,
                months=options["months"],
                seed=options["seed"],
                progress=lambda done: progress.update(task, completed=done),
            )
        if options["html"]:
            self._write(options["html"], page(rules, report, population, seed=options["seed"]))
        if options["json"]:
            self.print_json({"file": options["file"], "seed": options["seed"], **report.as_dict()})
        else:
            _show(rules, report)
            spent, peak = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            Console(stderr=True).print(f"[dim]{spent:.1f} s, at most {peak / 1024:.0f} MiB[/]")

    def _write(self, name: str, text: str) -> None:
        try:
            Path(name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise self.wrong(f"{name} cannot be written: {error}") from None


def _show(rules: Rules, report: Report) -> None:
    console = Console()
    months = Table("month", title=pick(rules.document.name), box=None, pad_edge=False)
    roles = [role.id for role in rules.document.roles]
    for heading in ("members", "orders", "sales", "saved", "paid out", "margin", *roles):
        months.add_column(heading, justify="right")
    for month in report.months:
        money = (month.sales, month.saved, month.paid_out, month.margin)
        figures = [f"{amount / 10**rules.plan.digits:,.0f}" for amount in money]
        counts = [f"{month.roles[role]:,}" for role in roles]
        months.add_row(str(month.number), f"{month.members:,}", f"{month.orders:,}", *figures, *counts)
    console.print(months)
    facts = Table.grid(padding=(0, 2))
    for label, value in facts_of(report):
        facts.add_row(label, value)
    console.print(facts)
