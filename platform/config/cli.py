"""The command ``banyan``. What only reads a document runs without Django, which takes long to load."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

# Modules with ``main(arguments) -> exit code`` that import no Django.
PROGRAMS = {
    name: f"tenants.agents.commands.{name}" for name in ("explain", "lint", "rules_schema", "simulate")
}
# Those that look at what needs no shop first; where they return 0, Django's command of the same name goes on.
CHECKED_FIRST = {"replay": "tenants.agents.commands.replay"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command named on the command line and return its exit code; ``banyan help`` lists them."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["help"] and arguments[1:2] and arguments[1] in PROGRAMS | CHECKED_FIRST:
        arguments = [arguments[1], "--help"]
    name, *rest = arguments or ["help"]
    # What is asked of a shop's own data is Django's command of the same name.
    if name in PROGRAMS and not any(argument.partition("=")[0] == "--tenant" for argument in rest):
        return int(import_module(PROGRAMS[name]).main(rest))
    if name in CHECKED_FIRST and (code := int(import_module(CHECKED_FIRST[name]).main(rest))):
        return code
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Imported only now, because the programs above need no Django.
    from config import commands

    commands.run([name, *rest], programs=PROGRAMS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
