"""``banyan explain --tenant HOST --order NUMBER``: who got what of a shop's own order and why.

Without ``--tenant`` it is ``tenants.agents.commands.explain``, which needs no database.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kernel.money.amounts import decimal_text
from kernel.tenancy import in_tenant
from kernel.texts.languages import LANGUAGES, text_in
from kernel.texts.translated import pick
from tenants.agents.commands import documents, explain
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings.models import Sale
from tenants.agents.members import selectors as member_selectors
from tenants.agents.rules.sale.values import MARGIN
from tenants.registry.selectors import find_by_host


class Command(BaseCommand):
    """Shows what was recorded of an order."""

    help = "Explain what a shop's order paid to whom, as it was split."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--tenant", metavar="HOST", required=True, help="the shop's host name")
        parser.add_argument("--order", metavar="NUMBER", default="", help="the number of an order")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--language", choices=LANGUAGES, default="en", help=documents.LANGUAGE_HELP)

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain and show."""
        host, number = options["tenant"], options["order"]
        if not number:
            raise CommandError("--tenant needs --order NUMBER", returncode=documents.FAULTY)
        tenant = find_by_host(host)
        if tenant is None:
            raise CommandError(f"no shop answers on {host}", returncode=documents.FAULTY)
        with in_tenant(tenant):
            sale = Sale.objects.filter(order_number=number).first()
            if sale is None:
                raise CommandError(
                    f"no paid order of this shop has the number {number}", returncode=documents.FAULTY
                )
            earnings = earning_selectors.earnings_of(sale.pk)
            names = member_selectors.member_names(
                earning.payee_id for earning in earnings if earning.kind != MARGIN
            )
        name_of = {str(key): name for key, name in names.items()}
        if options["json"]:
            rows = [
                {
                    "payee": earning.payee_id,
                    "name": name_of.get(earning.payee_id, ""),
                    "kind": earning.kind,
                    "rule": earning.earn_id,
                    "level": earning.level,
                    "amount": earning.amount,
                    "clawed_back": earning.clawed_back,
                    "state": earning.state,
                    "why": earning.why,
                }
                for earning in earnings
            ]
            facts = {"order": sale.order_number, "currency": sale.currency, "earnings": rows}
            self.stdout.write(documents.json_text(facts))
            return
        words = [text_in(heading, options["language"]) for heading in explain.HEADINGS]
        table = Table(*words, title=sale.order_number, box=None, pad_edge=False)
        shop = text_in(explain.SHOP, options["language"])
        with override(options["language"]):
            for earning in earnings:
                amount = decimal_text(earning.amount, sale.currency)
                back = (
                    f" (-{decimal_text(earning.clawed_back, sale.currency)})" if earning.clawed_back else ""
                )
                who = name_of.get(earning.payee_id, shop if earning.kind == MARGIN else earning.payee_id)
                table.add_row(escape(who), amount + back, escape(pick(earning.why)))
        Console(highlight=False).print(table)
