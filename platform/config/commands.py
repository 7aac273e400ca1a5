"""Django's management commands under the product's name. Their list needs no app to be loaded."""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from django import get_version
from django.conf import settings
from django.core import management
from django.core.management.color import color_style


def run(arguments: Sequence[str], *, programs: Mapping[str, str]) -> None:
    """Run a management command; ``programs`` are the modules of other commands, for the list."""
    if arguments in (["help"], ["--help"], ["-h"]):
        sys.stdout.write(_help(programs))
    elif arguments in (["version"], ["--version"]):
        sys.stdout.write(f"{get_version()}\n")
    else:
        management.execute_from_command_line(["banyan", *arguments])


def _help(programs: Mapping[str, str]) -> str:
    app_of = dict.fromkeys(management.find_commands(management.__path__[0]), "django")
    # The first app that has a command of a name has it.
    for entry in reversed(settings.INSTALLED_APPS):
        package = entry.partition(".apps.")[0]
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            names = management.find_commands(str(Path(folder) / "management"))
            app_of |= dict.fromkeys(names, package.rpartition(".")[2])
    app_of |= {name: module.split(".")[-3] for name, module in programs.items()}
    names_of = defaultdict(list)
    for name, app in sorted(app_of.items()):
        names_of[app].append(name)
    lines = ["", "Type 'banyan help <subcommand>' for help on a specific subcommand.", ""]
    lines.append("Available subcommands:")
    notice = color_style().NOTICE
    for app, names in sorted(names_of.items()):
        lines += ["", notice(f"[{app}]"), *(f"    {name}" for name in names)]
    return "\n".join(lines) + "\n"
