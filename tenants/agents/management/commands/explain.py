"""``banyan explain``: who gets what of a sale and why, for a sale written down or for a shop's own order."""

from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kernel.amounts import decimal_text
from kernel.tenancy import in_tenant
from kernel.text import pick
from tenants.agents import selectors
from tenants.agents.command_line import RulesCommand
from tenants.agents.models import Sale
from tenants.agents.rules import Rules
from tenants.agents.rules.explaining import unpaid
from tenants.agents.rules.sale import MARGIN
from tenants.agents.rules.samples import Explained, Sample, read_sample, settle_sample
from tenants.registry.selectors import find_by_host

SAMPLE = """\
price: 150.00
cost: 90.00
buyer: [member]
above: [anna (shopkeeper), bert, "carl (provider, company)"]
"""


class Command(RulesCommand):
    """Settles a sample sale under a document, or tells what was recorded of an order."""

    help = "Explain what a sale pays to whom: a sample under a document, or a shop's order as it was settled."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        file = next(action for action in parser._actions if action.dest == "file")
        file.nargs, file.help = "?", f"{self.file_help} (with --order FILE)"
        parser.add_argument(
            "--order", metavar="FILE|NUMBER", help="a sale in YAML; with --tenant the number of an order"
        )
        parser.add_argument("--tenant", metavar="HOST", help="the shop's host name")
        parser.add_argument("--example", action="store_true", help="print a sale to begin with")

    def run(self, options: dict[str, Any]) -> None:
        """Explain and show."""
        if options["example"]:
            self.stdout.write(SAMPLE)
        elif options["tenant"]:
            self._recorded(options)
        elif options["file"] and options["order"]:
            self._sample(options)
        else:
            raise self.wrong("name a document and --order FILE, or --tenant HOST and --order NUMBER")

    def _sample(self, options: dict[str, Any]) -> None:
        rules = self.rules_from(options["file"])

        def settled(text: str | bytes) -> tuple[Sample, Explained]:
            sample = read_sample(text)
            return sample, settle_sample(sample, rules)

        _sample, told = self.read_by(settled, options["order"])
        if options["json"]:
            self.print_json(_facts(told, rules))
        else:
            _show(told, rules)

    def _recorded(self, options: dict[str, Any]) -> None:
        if not options["order"]:
            raise self.wrong("--tenant needs --order NUMBER")
        tenant = find_by_host(options["tenant"])
        if tenant is None:
            raise self.wrong(f"no shop answers on {options['tenant']}")
        with in_tenant(tenant):
            sale = Sale.objects.filter(order_number=options["order"]).first()
            if sale is None:
                raise self.wrong(f"no paid order of this shop has the number {options['order']}")
            shares = selectors.shares_of(sale.pk)
            names = selectors.member_names(s.payee_id for s in shares if s.kind != MARGIN)
        called = {str(key): name for key, name in names.items()}
        if options["json"]:
            told = [
                {
                    "payee": share.payee_id,
                    "name": called.get(share.payee_id, ""),
                    "kind": share.kind,
                    "rule": share.earn_id,
                    "level": share.level,
                    "amount": share.amount,
                    "taken_back": share.taken_back,
                    "state": share.state,
                    "why": share.why,
                }
                for share in shares
            ]
            self.print_json({"order": sale.order_number, "currency": sale.currency, "shares": told})
            return
        table = Table("who", "amount", "why", title=sale.order_number, box=None, pad_edge=False)
        for share in shares:
            amount = decimal_text(share.amount, sale.currency)
            back = f" (-{decimal_text(share.taken_back, sale.currency)})" if share.taken_back else ""
            who = called.get(share.payee_id, "shop" if share.kind == MARGIN else share.payee_id)
            table.add_row(escape(who), amount + back, escape(pick(share.why)))
        Console(highlight=False).print(table)


def _facts(told: Explained, rules: Rules) -> dict[str, Any]:
    settlement = told.settlement
    return {
        "currency": settlement.currency,
        "price": sum(line.paid for line in told.lines),
        "saved": sum(told.saved.values()),
        "paid": settlement.paid,
        "distributable": settlement.distributable,
        "shares": [
            {
                "payee": share.payee_id,
                "kind": share.kind,
                "rule": share.earn_id,
                "level": share.level,
                "amount": share.amount,
                "taken_back": [step[position] for step in told.taken],
                "why": share.why,
            }
            for position, share in enumerate(settlement.shares)
        ],
        "unpaid": [
            {"rule": one.earn_id, "why": one.why} for one in unpaid(told.order, told.chain, rules, settlement)
        ],
    }


def _show(told: Explained, rules: Rules) -> None:
    settlement = told.settlement

    def money(amount: int) -> str:
        return decimal_text(amount, settlement.currency)

    console = Console(highlight=False)
    price, saved = sum(line.paid for line in told.lines), sum(told.saved.values())
    console.print(f"price {money(price)}, saved at the till {money(saved)}, paid {money(settlement.paid)}")
    table = Table("who", "amount", "why", box=None, pad_edge=False, header_style="dim")
    for number in range(len(told.taken)):
        table.add_column(f"refund {number + 1}", justify="right")
    for position, share in enumerate(settlement.shares):
        back = [f"-{money(step[position])}" for step in told.taken]
        why = escape(pick(share.why))
        table.add_row(escape(share.payee_id or "shop"), money(share.amount), why, *back)
    console.print(table)
    for one in unpaid(told.order, told.chain, rules, settlement):
        console.print(f"[dim]`{escape(one.earn_id)}` pays nobody: {escape(pick(one.why))}[/]")
