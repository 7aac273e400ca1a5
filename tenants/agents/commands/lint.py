"""``banyan lint FILE``: what a rules document would do that a law, or arithmetic, stands against."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from typing import get_args

from rich.console import Console
from rich.markup import escape

from kernel.texts.languages import text_in
from tenants.agents.commands import documents
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.linting.findings import ORDER, LintFinding
from tenants.agents.rules.linting.lint import Profile, lint
from tenants.agents.rules.linting.patching import patched

_PASSES = {"zh-hans": "没有问题", "en": "nothing to say"}
_LINE = {"zh-hans": "第 {number} 行", "en": "line {number}"}
_PATCH = {"zh-hans": "修改", "en": "patch"}
_ADVICE = {"zh-hans": "这是工程检查，不是法律意见。", "en": "This is engineering, not legal advice."}
_SEVERITY = {
    "refuse": {"zh-hans": "拒绝", "en": "refuse"},
    "sign_off": {"zh-hans": "需中台签字", "en": "sign_off"},
    "warn": {"zh-hans": "警告", "en": "warn"},
    "note": {"zh-hans": "提示", "en": "note"},
}
_VERDICT = {
    "refuse": {"zh-hans": "不能启用。", "en": "It cannot be switched on."},
    "sign_off": {"zh-hans": "中台签字后才能启用。", "en": "It can be switched on once it is signed off."},
    "warn": {"zh-hans": "可以启用。", "en": "It can be switched on."},
    "note": {"zh-hans": "可以启用。", "en": "It can be switched on."},
}
_COLOURS = {"refuse": "red", "sign_off": "yellow", "warn": "cyan", "note": "dim"}


def main(arguments: Sequence[str]) -> int:
    """Lint a document and return the exit code."""
    return documents.run(parser(), _lint, arguments)


def parser() -> ArgumentParser:
    """Return the command's parser."""
    parser = documents.command_parser(
        "lint",
        "Check agent rules: what a law or arithmetic stands against, and the smallest change that helps.",
        {
            documents.DONE: "it can be switched on (perhaps with a signature)",
            documents.REFUSED: "it would be refused",
        },
    )
    parser.add_argument(
        "--profile", choices=get_args(Profile), default="cn", help="laws to look at (default cn)"
    )
    parser.add_argument(
        "--patched",
        nargs="?",
        const="refuse",
        choices=("refuse", "sign_off", "all"),
        help="print the document as YAML, patched where it would be refused; with sign_off also where a "
        "signature would do, with all wherever something is found",
    )
    return parser


def _lint(options: Namespace) -> int:
    rules = documents.rules_from(options.file)
    findings = lint(rules, options.profile)
    if options.patched:
        gravest = ORDER if options.patched == "all" else ORDER[: ORDER.index(options.patched) + 1]
        rules = patched(rules, set(gravest), options.profile)
        sys.stdout.write(rules.as_yaml())
        findings = lint(rules, options.profile)
    is_refused = any(finding.severity == "refuse" for finding in findings)
    if options.patched:
        return documents.REFUSED if is_refused else documents.DONE
    if options.json:
        facts = {
            "file": options.file,
            "ok": not is_refused,
            "faults": [],
            "findings": [finding.as_dict() for finding in findings],
        }
        sys.stdout.write(documents.json_text(facts) + "\n")
    else:
        _print_findings(options.file, rules, findings, options.language)
    return documents.REFUSED if is_refused else documents.DONE


def _print_findings(name: str, rules: Rules, findings: tuple[LintFinding, ...], language: str) -> None:
    text = partial(text_in, language=language)
    console = Console(highlight=False)
    title = f"{escape(name)}: {escape(text(rules.document.name))}"
    if not findings:
        console.print(f"[green]✓[/] {title}, {text(_PASSES)}")
        return
    console.print(title)
    for finding in findings:
        line = f" ({text(_LINE).format(number=finding.line)})" if finding.line else ""
        severity = text(_SEVERITY[finding.severity])
        console.print(f"[{_COLOURS[finding.severity]}]{severity}[/] [bold]{escape(finding.path)}[/]{line}")
        console.print(f"  {escape(text(finding.message))} [dim]{escape(text(finding.article))}[/]")
        console.print(f"  → {escape(text(finding.remedy))}")
        console.print(f"  [dim]{text(_PATCH)}: {escape(finding.patch_text(language))}[/]")
    gravest = findings[0].severity
    console.print(f"[{_COLOURS[gravest]}]{text(_VERDICT[gravest])}[/] [dim]{text(_ADVICE)}[/]")
