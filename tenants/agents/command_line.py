"""What the commands about rules have in common: how a document is named, read, and found faulty."""

import json
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kernel.text import LANGUAGES, pick
from tenants.agents import presets
from tenants.agents.rules import InvalidDocument, Rules, parse
from tenants.agents.rules.reader import MAX_BYTES

REFUSED, FAULTY = 1, 2
CANNOT = {"zh-hans": "不能采用", "en": "cannot be taken"}
FAULT_COLUMNS = (
    {"zh-hans": "行", "en": "line"},
    {"zh-hans": "位置", "en": "where"},
    {"zh-hans": "写的是", "en": "value"},
    {"zh-hans": "问题", "en": "what is wrong"},
    {"zh-hans": "怎么改", "en": "what to do"},
)


class _Help(RawDescriptionHelpFormatter):
    """Keeps the lines of the exit codes."""


class RulesCommand(BaseCommand):
    """A command about one document: ``FILE``, ``--json``, ``--language``, and exit code 2 if it is faulty."""

    # The engine is pure: no database is needed to look at a file.
    requires_system_checks = ()
    file_help: ClassVar[str] = "a rules document, - for standard input, or the name of a preset"
    exit_codes: ClassVar[dict[int, str]] = {}

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add the exit codes to the help."""
        codes = {0: "done", **self.exit_codes, FAULTY: "a document or an argument is wrong"}
        told = "\n".join(f"  {code}  {meaning}" for code, meaning in sorted(codes.items()))
        text = f"Presets: {', '.join(presets.names())}.\n\nExit codes:\n{told}"
        kwargs = {"epilog": text, "formatter_class": _Help, **kwargs}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what all of them take."""
        parser.add_argument("file", metavar="FILE", help=self.file_help)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the words (default en)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run in the language asked for; what is wrong with a document is shown, and ends with 2."""
        with override(options["language"]):
            try:
                self.run(options)
            except _Faulty as error:
                self._show_faults(error.name, error.invalid, as_json=options["json"])
                sys.exit(FAULTY)

    def run(self, options: dict[str, Any]) -> None:
        """Do the command's work."""
        raise NotImplementedError

    def rules_from(self, name: str) -> Rules:
        """Return the rules in the file or preset called ``name``."""
        return self.read_by(parse, name)

    def read_by[T](self, reading: Callable[[str | bytes], T], name: str) -> T:
        """Return what ``reading`` makes of the file ``name``; its faults end the command."""
        try:
            return reading(_text_of(name))
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error}", returncode=FAULTY) from None
        except InvalidDocument as error:
            raise _Faulty(name, error) from None

    def wrong(self, message: str) -> CommandError:
        """Return the error for a wrong argument."""
        return CommandError(message, returncode=FAULTY)

    def print_json(self, facts: dict[str, Any]) -> None:
        """Print one JSON object."""
        self.stdout.write(json.dumps(facts, ensure_ascii=False))

    def _show_faults(self, name: str, error: InvalidDocument, *, as_json: bool) -> None:
        if as_json:
            faults = [fault.as_dict() for fault in error.faults]
            self.print_json({"file": name, "ok": False, "faults": faults, "findings": []})
            return
        console = Console(stderr=True)
        console.print(f"[red]✗ {escape(name)}[/] {pick(CANNOT)}")
        table = Table(box=None, header_style="dim")
        for title in FAULT_COLUMNS:
            # Chinese has no spaces to break at; what does not fit goes on, and is never cut.
            table.add_column(pick(title), overflow="fold")
        for fault in error.faults:
            words = (fault.path, fault.value, pick(fault.message), pick(fault.remedy))
            table.add_row(str(fault.line or ""), *(escape(word) for word in words))
        console.print(table)


class _Faulty(Exception):
    """A file whose document has faults."""

    def __init__(self, name: str, invalid: InvalidDocument) -> None:
        super().__init__(name)
        self.name, self.invalid = name, invalid


def _text_of(name: str) -> str | bytes:
    """The text of a preset or file; of a file that is too large only so much as shows that."""
    if name in presets.names():
        return presets.source(name)
    if name == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)
