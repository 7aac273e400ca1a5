"""``banyan rules_schema``: the JSON Schema of a rules document, for editors and forms."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tenants.agents.rules import json_schema


class Command(BaseCommand):
    """Prints the schema; the copy in docs/ is made with it."""

    help = "Print the JSON Schema of a rules document, for an editor's completion and for forms."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--output", metavar="FILE", help="write it here instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print or write the schema."""
        text = json.dumps(json_schema(), ensure_ascii=False, indent=1)
        if options["output"]:
            Path(options["output"]).write_text(f"{text}\n", encoding="utf-8")
        else:
            self.stdout.write(text)
