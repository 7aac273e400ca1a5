"""``banyan rules_schema``: the JSON Schema of a rules document, for editors and forms."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from tenants.agents.rules.document.schema import json_schema


def main(arguments: Sequence[str]) -> int:
    """Print or write the schema; the copy in docs/ is made with it."""
    parser = ArgumentParser(
        prog="banyan rules_schema",
        description="Print the JSON Schema of a rules document, for an editor's completion and for forms.",
    )
    parser.add_argument("--output", metavar="FILE", help="write it here instead")
    options = parser.parse_args(arguments)
    text = json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"
    if options.output:
        Path(options.output).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0
