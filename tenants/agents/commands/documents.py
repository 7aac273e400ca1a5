"""What the commands about rules have in common: naming and reading a document, and showing its faults."""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kernel.texts.languages import LANGUAGES, text_in
from tenants.agents.rules import presets
from tenants.agents.rules.document.faults import FaultyDocument
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.document.reader import MAX_BYTES

DONE, REFUSED, FAULTY = 0, 1, 2
FILE_HELP = "a rules document, - for standard input, or the name of a preset"
LANGUAGE_HELP = "of the words (default en)"
CANNOT = {"zh-hans": "不能采用", "en": "cannot be taken"}
FAULT_COLUMNS = (
    {"zh-hans": "行", "en": "line"},
    {"zh-hans": "位置", "en": "where"},
    {"zh-hans": "写的是", "en": "value"},
    {"zh-hans": "问题", "en": "what is wrong"},
    {"zh-hans": "怎么改", "en": "what to do"},
)


class WrongArgument(Exception):
    """An argument that cannot be used; the command says so and ends with FAULTY."""


class FaultyFile(Exception):
    """A file whose document has faults; the command shows them and ends with FAULTY."""

    def __init__(self, name: str, invalid: FaultyDocument) -> None:
        super().__init__(name)
        self.name, self.invalid = name, invalid


def command_parser(
    name: str, description: str, exit_codes: Mapping[int, str] | None = None, *, is_file_needed: bool = True
) -> ArgumentParser:
    """Return the parser of a command about one document: ``FILE``, ``--json``, ``--language``."""
    parser = ArgumentParser(
        prog=f"banyan {name}",
        description=description,
        epilog=help_epilog(exit_codes),
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", nargs=None if is_file_needed else "?", help=FILE_HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help=LANGUAGE_HELP)
    return parser


def help_epilog(exit_codes: Mapping[int, str] | None = None) -> str:
    """Return the end of a command's help: the presets, and what each exit code means."""
    codes = {DONE: "done", **(exit_codes or {}), FAULTY: "a document or an argument is wrong"}
    lines = "\n".join(f"  {code}  {meaning}" for code, meaning in sorted(codes.items()))
    return f"Presets: {', '.join(presets.names())}.\n\nExit codes:\n{lines}"


def run(parser: ArgumentParser, work: Callable[[Namespace], int], arguments: Sequence[str]) -> int:
    """Do a command's work and return its exit code; what is wrong is shown, and is FAULTY."""
    options = parser.parse_args(arguments)
    try:
        return work(options)
    except WrongArgument as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
    except FaultyFile as error:
        show_faults(error, language=options.language, as_json=options.json)
    return FAULTY


def rules_from(name: str) -> Rules:
    """Return the rules in the file or preset called ``name``. Raises WrongArgument, FaultyFile."""
    return read(name, parse)


def read[T](name: str, parse_text: Callable[[str | bytes], T]) -> T:
    """Return the parsed text of the file or preset ``name``. Raises WrongArgument, FaultyFile."""
    try:
        return parse_text(_text_of(name))
    except OSError as error:
        raise WrongArgument(f"{name} cannot be read: {error.strerror or error}") from None
    except FaultyDocument as error:
        raise FaultyFile(name, error) from None


def json_text(facts: Mapping[str, Any]) -> str:
    """Return one JSON object on one line."""
    return json.dumps(facts, ensure_ascii=False)


def show_faults(error: FaultyFile, *, language: str, as_json: bool) -> None:
    """Print a document's faults: as JSON to standard output, or as a table to standard error."""
    if as_json:
        faults = [fault.as_dict() for fault in error.invalid.faults]
        sys.stdout.write(
            json_text({"file": error.name, "ok": False, "faults": faults, "findings": []}) + "\n"
        )
        return
    console = Console(stderr=True)
    console.print(f"[red]✗ {escape(error.name)}[/] {text_in(CANNOT, language)}")
    table = Table(box=None, header_style="dim")
    for title in FAULT_COLUMNS:
        # Chinese has no spaces to break at; what does not fit goes on, and is never cut.
        table.add_column(text_in(title, language), overflow="fold")
    for fault in error.invalid.faults:
        words = (fault.path, fault.value, text_in(fault.message, language), text_in(fault.remedy, language))
        table.add_row(str(fault.line or ""), *(escape(word) for word in words))
    console.print(table)


def _text_of(name: str) -> str | bytes:
    """Return the text of a preset or file; of a file that is too large only so much as shows that."""
    if name in presets.names():
        return presets.source(name)
    if name == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)
