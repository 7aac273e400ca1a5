"""``banyan lint FILE``: what a rules document would do that a law, or arithmetic, stands against."""

import sys
from typing import Any, ClassVar, get_args

from django.core.management.base import CommandParser
from rich.console import Console
from rich.markup import escape

from kernel.text import pick
from tenants.agents.command_line import REFUSED, RulesCommand
from tenants.agents.rules import Finding, Rules, apply_patches, lint, parse
from tenants.agents.rules.linting import Profile

_COLOURS = {"refuse": "red", "sign_off": "yellow", "warn": "cyan", "note": "dim"}


class Command(RulesCommand):
    """Reads a document, or a preset by its name, and says what should be known before it is switched on."""

    help = "Check agent rules: what a law or arithmetic stands against, and the smallest change that helps."
    exit_codes: ClassVar[dict[int, str]] = {
        0: "it can be switched on (perhaps with a signature)",
        REFUSED: "it would be refused",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "--profile", choices=get_args(Profile), default="cn", help="laws to look at (default cn)"
        )
        parser.add_argument(
            "--patched", action="store_true", help="print the document with all patches applied, as YAML"
        )

    def run(self, options: dict[str, Any]) -> None:
        """Lint; exit 0 when the document could be switched on, with or without a signature."""
        name = options["file"]
        rules = self.rules_from(name)
        findings = lint(rules, options["profile"])
        refused = any(found.severity == "refuse" for found in findings)
        if options["patched"]:
            self.stdout.write(parse(apply_patches(rules.as_json(), findings)).as_yaml())
            return
        if options["json"]:
            told = [found.as_dict() for found in findings]
            self.print_json({"file": name, "ok": not refused, "faults": [], "findings": told})
        else:
            _print_findings(name, rules, findings)
        if refused:
            sys.exit(REFUSED)


def _print_findings(name: str, rules: Rules, findings: tuple[Finding, ...]) -> None:
    console = Console(highlight=False)
    title = f"{escape(name)}: {escape(pick(rules.document.name))}"
    if not findings:
        console.print(f"[green]✓[/] {title}, nothing to say")
        return
    console.print(title)
    for found in findings:
        line = f" (line {found.line})" if found.line else ""
        console.print(f"[{_COLOURS[found.severity]}]{found.severity}[/] [bold]{escape(found.path)}[/]{line}")
        console.print(f"  {escape(pick(found.message))} [dim]{escape(pick(found.article))}[/]")
        console.print(f"  → {escape(pick(found.remedy))}")
        console.print(f"  [dim]patch: {escape(found.patch_text())}[/]")
    console.print("[dim]This is engineering, not legal advice.[/]")
