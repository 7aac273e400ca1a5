"""``banyan simulate FILE``: what rules would cost and whom they would enrich, before they count."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kernel.text import pick
from tenants.agents import presets
from tenants.agents.rules import InvalidDocument, Rules, parse
from tenants.agents.rules.simulation import Population, Report, simulate
from tenants.agents.simulation_page import facts_of, page

FAULTY = 2


class Command(BaseCommand):
    """Lets a seeded population live under a document, or under a preset named by its name."""

    help = "Simulate agent rules; the same seed gives the same report. Exit code 2: the document has faults."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", help="a rules document, or a preset")
        parser.add_argument("--members", type=int, default=100_000, help="people at the end (default 100000)")
        parser.add_argument("--months", type=int, default=12)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--html", metavar="FILE", help="also write one page with charts")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Simulate and show."""
        for name, most in (("members", 5_000_000), ("months", 60)):
            if not 1 <= options[name] <= most:
                raise CommandError(f"--{name} must be from 1 to {most}")
        rules = _read(options["file"])
        population = Population(members=options["members"])
        console = Console(stderr=True)
        with Progress(console=console, disable=options["json"], transient=True) as progress:
            task = progress.add_task("simulating", total=options["months"])
            report = simulate(
                rules,
                population,
                months=options["months"],
                seed=options["seed"],
                progress=lambda done: progress.update(task, completed=done),
            )
        if options["html"]:
            text = page(pick(rules.document.name), rules.document.currency, report)
            Path(options["html"]).write_text(text, encoding="utf-8")
        if options["json"]:
            facts = {"file": options["file"], "seed": options["seed"], **report.as_dict()}
            self.stdout.write(json.dumps(facts))
        else:
            _show(rules, report)


def _read(name: str) -> Rules:
    try:
        return parse(presets.source(name) if name in presets.names() else Path(name).read_bytes())
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error}") from None
    except InvalidDocument as error:
        Console(stderr=True).print(f"[red]✗ {name}[/]\n{error}", highlight=False)
        sys.exit(FAULTY)


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
