"""``banyan replay FILE --host HOST``: a shop's own last months under other rules, before these count."""

import sys
from argparse import RawDescriptionHelpFormatter
from functools import partial
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kernel.money.money import format_money
from kernel.tenancy import in_tenant
from kernel.texts.languages import LANGUAGES, text_in
from tenants.agents.commands import documents
from tenants.agents.commands import replay as replay_command
from tenants.agents.members import selectors as member_selectors
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.splitting.replaying import Pair, Replay, replay
from tenants.registry.models import Tenant
from tenants.registry.selectors import find_by_host
from tenants.shop.previews.replays import past_sales


class Command(BaseCommand):
    """Splits a shop's paid orders again, under the rules they were made under and under a document."""

    help = replay_command.DESCRIPTION
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add the presets and the exit codes to the help."""
        kwargs = {
            "epilog": documents.help_epilog(),
            "formatter_class": RawDescriptionHelpFormatter,
            **kwargs,
        }
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", help=documents.FILE_HELP)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--language", choices=LANGUAGES, default="en", help=documents.LANGUAGE_HELP)
        replay_command.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and show; a faulty document ends with 2."""
        try:
            rules = documents.rules_from(options["file"])
        except documents.WrongArgument as error:
            raise CommandError(str(error), returncode=documents.FAULTY) from None
        except documents.FaultyFile as error:
            documents.show_faults(error, language=options["language"], as_json=options["json"])
            sys.exit(documents.FAULTY)
        with override(options["language"]):
            self._replay(rules, options)

    def _replay(self, rules: Rules, options: dict[str, Any]) -> None:
        if not 0 <= options["days"] <= replay_command.LONGEST:
            most = replay_command.LONGEST
            raise CommandError(f"--days must be from 0 to {most}", returncode=documents.FAULTY)
        tenant = find_by_host(options["host"])
        if tenant is None:
            raise CommandError(f"no shop answers on {options['host']}", returncode=documents.FAULTY)
        with in_tenant(tenant):
            result = replay(past_sales(tenant, options["days"]), rules)
            member_names = member_selectors.member_names(UUID(key) for key in result.incomes)
        names = {str(key): name for key, name in member_names.items()}
        if options["json"]:
            self.stdout.write(documents.json_text(_facts(result, tenant, names)))
        else:
            _show(result, tenant, names, max(options["people"], 0), options["language"])


def _facts(result: Replay, tenant: Tenant, names: dict[str, str]) -> dict[str, Any]:
    def pair(amounts: Pair) -> dict[str, int]:
        return {"before": amounts.before, "after": amounts.after}

    return {
        "tenant": str(tenant.id),
        "currency": tenant.currency,
        "orders": result.orders,
        "gain": len(result.gainers()),
        "lose": len(result.losers()),
        "goods": pair(result.goods),
        "shop": pair(result.shop),
        "people": pair(result.people()),
        "incomes": {key: pair(amounts) for key, amounts in sorted(result.incomes.items())},
        "savings": {key: pair(amounts) for key, amounts in sorted(result.savings.items())},
        "names": names,
    }


_ORDERS = {"zh-hans": "{count} 个订单", "en": "{count} orders"}
_HEADINGS = (
    {"zh-hans": "之前", "en": "before"},
    {"zh-hans": "之后", "en": "after"},
    {"zh-hans": "变化", "en": "change"},
)
_TOTALS = (
    {"zh-hans": "实付货款", "en": "goods paid"},
    {"zh-hans": "归店铺", "en": "left to the shop"},
    {"zh-hans": "分给人", "en": "to people"},
)
_PEOPLE = {
    "zh-hans": "{gain} 人多得，{lose} 人少得，{same} 人不变",
    "en": "{gain} gain, {lose} lose, {same} get the same",
}


def _show(result: Replay, tenant: Tenant, names: dict[str, str], shown: int, language: str) -> None:
    text = partial(text_in, language=language)

    def money(amount: int) -> str:
        return format_money(amount, tenant.currency)

    title = text(_ORDERS).format(count=result.orders)
    table = Table("", title=title, box=None, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(text(heading), justify="right")
    sums = (result.goods, result.shop, result.people())
    totals = [(text(label), amounts) for label, amounts in zip(_TOTALS, sums, strict=True)]
    gainers, losers = result.gainers(), result.losers()
    persons = [(f"+ {names.get(key, key)}", amounts) for key, amounts in gainers[:shown]]
    persons += [(f"- {names.get(key, key)}", amounts) for key, amounts in losers[:shown]]
    for label, amounts in [*totals, *persons]:
        cells = (money(amounts.before), money(amounts.after), money(amounts.change))
        table.add_row(escape(label), *cells, end_section=label == totals[-1][0])
    console = Console(highlight=False)
    console.print(table)
    same = len(result.incomes) - len(gainers) - len(losers)
    console.print(text(_PEOPLE).format(gain=len(gainers), lose=len(losers), same=same))
