"""``banyan spawn FILE``: a live shop from a blueprint."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from kernel.errors import BanyanError, InvalidDocument
from kernel.texts.translated import pick
from tenants.registry import services
from tenants.registry.selectors import shop_url

FAULTY, CONFLICT = 2, 3


class Command(BaseCommand):
    """Reads one blueprint or several; the same one twice changes nothing."""

    help = "Make a live shop from each blueprint. Exit code 2: a blueprint has faults; 3: its host is taken."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a blueprint in YAML, - for standard input"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object for each file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Spawn; whatever is wrong is named with field, line and remedy."""
        console = Console()
        worst = 0
        for name in options["files"]:
            try:
                result = services.spawn(document=_read(name), acting_user="command line")
            except BanyanError as error:
                worst = max(worst, FAULTY if isinstance(error, InvalidDocument) else CONFLICT)
                if options["json"]:
                    self.stdout.write(json.dumps({"file": name, "ok": False, **_error_facts(error)}))
                else:
                    _print_error(console, name, error)
                continue
            tenant = result.tenant
            facts = {
                "file": name,
                "ok": True,
                "tenant": str(tenant.pk),
                "schema": tenant.schema_name,
                "url": shop_url(tenant),
                "created": result.created,
                "milliseconds": round(result.milliseconds, 1),
            }
            if options["json"]:
                self.stdout.write(json.dumps(facts))
            else:
                done = (
                    f"opened in {result.milliseconds:.0f} ms"
                    if result.created
                    else "stands already, unchanged"
                )
                console.print(f"[green]✓[/] [bold]{pick(tenant.name)}[/] {done}: {facts['url']}")
        if worst:
            sys.exit(worst)


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from None


def _error_facts(error: BanyanError) -> dict[str, Any]:
    faults = error.faults if isinstance(error, InvalidDocument) else [error]
    return {
        "code": error.code,
        "message": str(error.message),
        "faults": [fault.as_dict() for fault in faults],
    }


def _print_error(console: Console, name: str, error: BanyanError) -> None:
    console.print(f"[red]✗ {name}[/]: {error.message}; nothing was changed")
    table = Table(
        "line", "field", "what is wrong", "what to do", box=None, pad_edge=False, header_style="dim"
    )
    for fault in error.faults if isinstance(error, InvalidDocument) else [error]:
        table.add_row(str(fault.line or ""), fault.field, str(fault.message), str(fault.remedy))
    console.print(table)
