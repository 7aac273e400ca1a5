"""``banyan lint FILE``: what a rules document would do that a law, or arithmetic, stands against."""

import json
import sys
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kernel.text import pick
from tenants.agents import presets
from tenants.agents.rules import Finding, InvalidDocument, Rules, apply_patches, lint, parse
from tenants.agents.rules.linting import Profile

REFUSED, FAULTY = 1, 2
_COLOURS = {"refuse": "red", "sign_off": "yellow", "warn": "cyan", "note": "dim"}


class Command(BaseCommand):
    """Reads a document, or a preset by its name, and says what should be known before it is switched on."""

    help = "Check agent rules. Exit code 1: it would be refused; 2: it cannot be read."
    # The engine is pure: no database is needed to look at a file.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "file", metavar="FILE", help="a rules document, - for standard input, or a preset"
        )
        parser.add_argument("--profile", choices=get_args(Profile), default="cn", help="laws to look at")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--patched", action="store_true", help="print the document with all patches applied"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Lint; exit 0 when the document could be switched on, with or without a signature."""
        name = options["file"]
        try:
            rules = parse(_read(name))
        except InvalidDocument as error:
            if options["json"]:
                faults = [fault.as_dict() for fault in error.faults]
                self.stdout.write(json.dumps({"file": name, "ok": False, "faults": faults, "findings": []}))
            else:
                _print_faults(name, error)
            sys.exit(FAULTY)
        findings = lint(rules, options["profile"])
        refused = any(found.severity == "refuse" for found in findings)
        if options["json"]:
            facts = {
                "file": name,
                "ok": not refused,
                "faults": [],
                "findings": [f.as_dict() for f in findings],
            }
            self.stdout.write(json.dumps(facts))
        elif options["patched"]:
            self.stdout.write(parse(apply_patches(rules.as_json(), findings)).as_yaml())
        else:
            _print_findings(name, rules, findings)
        if refused and not options["patched"]:
            sys.exit(REFUSED)


def _read(name: str) -> str | bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read()
        return presets.source(name) if name in presets.names() else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error}") from None


def _print_faults(name: str, error: InvalidDocument) -> None:
    console = Console()
    console.print(f"[red]✗ {name}[/] cannot be read")
    table = Table(
        "line", "where", "what is wrong", "what to do", box=None, pad_edge=False, header_style="dim"
    )
    for fault in error.faults:
        table.add_row(str(fault.line or ""), escape(fault.path), pick(fault.message), pick(fault.remedy))
    console.print(table)


def _print_findings(name: str, rules: Rules, findings: tuple[Finding, ...]) -> None:
    console = Console()
    if not findings:
        console.print(f"[green]✓ {name}[/]: {pick(rules.document.name)}, nothing to say")
        return
    console.print(f"{name}: {pick(rules.document.name)}")
    for found in findings:
        line = f" (line {found.line})" if found.line else ""
        console.print(f"[{_COLOURS[found.severity]}]{found.severity}[/] [bold]{escape(found.path)}[/]{line}")
        console.print(f"  {pick(found.message)} [dim]{pick(found.article)}[/]")
        console.print(f"  → {pick(found.remedy)}")
    console.print("[dim]This is engineering, not legal advice.[/]")
