"""``banyan replay FILE --host HOST``: what is wrong with document or arguments, said before Django loads.

Where nothing is, Django's command of the same name goes on with the shop's own orders.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from tenants.agents.commands import documents

LONGEST = 3660
DESCRIPTION = "Replay a shop's paid orders under other agent rules: who gains, who loses. Nothing is changed."


def main(arguments: Sequence[str]) -> int:
    """Check arguments and document; DONE if the orders can be replayed."""
    return documents.run(parser(), _check, arguments)


def parser() -> ArgumentParser:
    """Return the command's parser."""
    parser = documents.command_parser("replay", DESCRIPTION)
    add_arguments(parser)
    return parser


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what is said beside the document, for this module and for Django's command."""
    parser.add_argument("--host", required=True, help="the shop's host name")
    parser.add_argument("--days", type=int, default=90, help="how far back (default 90)")
    parser.add_argument("--people", type=int, default=10, help="how many of each to show (default 10)")


def _check(options: Namespace) -> int:
    if not 0 <= options.days <= LONGEST:
        raise documents.WrongArgument(f"--days must be from 0 to {LONGEST}")
    # Standard input can be read only once, by the command itself.
    if options.file != "-":
        documents.rules_from(options.file)
    return documents.DONE
