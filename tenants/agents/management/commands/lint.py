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

_PASSES = {"zh-hans": "没有问题", "en": "nothing to say"}
_LINE = {"zh-hans": "第 {number} 行", "en": "line {number}"}
_PATCH = {"zh-hans": "修改", "en": "patch"}
_ADVICE = {"zh-hans": "这是工程检查，不是法律意见。", "en": "This is engineering, not legal advice."}
_SEVERITY = {
    "refuse": {"zh-hans": "拒绝", "en": "refuse"},
    "sign_off": {"zh-hans": "需总部签字", "en": "sign_off"},
    "warn": {"zh-hans": "警告", "en": "warn"},
    "note": {"zh-hans": "提示", "en": "note"},
}
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
        console.print(f"[green]✓[/] {title}, {pick(_PASSES)}")
        return
    console.print(title)
    for found in findings:
        line = f" ({pick(_LINE).format(number=found.line)})" if found.line else ""
        severity = pick(_SEVERITY[found.severity])
        console.print(f"[{_COLOURS[found.severity]}]{severity}[/] [bold]{escape(found.path)}[/]{line}")
        console.print(f"  {escape(pick(found.message))} [dim]{escape(pick(found.article))}[/]")
        console.print(f"  → {escape(pick(found.remedy))}")
        console.print(f"  [dim]{pick(_PATCH)}: {escape(found.patch_text())}[/]")
    console.print(f"[dim]{pick(_ADVICE)}[/]")
