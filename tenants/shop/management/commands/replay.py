"""``banyan replay FILE --host HOST``: a shop's own last months under other rules, before these count."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from kernel import clock
from kernel.errors import InvalidDocument
from kernel.money import format_money
from kernel.tenancy import in_tenant
from tenants.agents import activation, presets, selectors
from tenants.agents.rules import Rules, SaleLine
from tenants.agents.rules.replaying import Pair, PastSale, Replay, replay
from tenants.registry.models import Tenant
from tenants.registry.selectors import find_by_host
from tenants.shop.models import Order

SHOWN = 10


class Command(BaseCommand):
    """Settles a shop's paid orders again, under the rules they were made under and under a document."""

    help = "Replay a shop's paid orders under other agent rules: who gains, who loses. Nothing is changed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", help="a rules document, or a preset")
        parser.add_argument("--host", required=True, help="the shop's host name")
        parser.add_argument("--days", type=int, default=90, help="how far back (default 90)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and show."""
        tenant = find_by_host(options["host"])
        if tenant is None:
            raise CommandError(f"no shop answers on {options['host']}")
        new = _read(options["file"])
        with in_tenant(tenant):
            result = replay(_past(tenant, options["days"]), new)
            names = selectors.member_names(UUID(key) for key in result.incomes)
        if options["json"]:
            self.stdout.write(json.dumps(_facts(result, tenant)))
        else:
            _show(result, tenant, {str(key): name for key, name in names.items()})


def _read(name: str) -> Rules:
    try:
        text = presets.source(name) if name in presets.names() else Path(name).read_text(encoding="utf-8")
        return activation.read_document(text)
    except (OSError, UnicodeDecodeError, InvalidDocument) as error:
        raise CommandError(f"{name} cannot be read: {error}") from None


def _past(tenant: Tenant, days: int) -> Iterator[PastSale]:
    """The shop's orders that were paid and not refunded, oldest first, at full price."""
    orders = (
        Order.objects.filter(channel=Order.Channel.SHOP, paid_at__gte=clock.now() - timedelta(days=days))
        .exclude(state=Order.State.REFUNDED)
        .order_by("paid_at", "id")
        .prefetch_related("lines")
    )
    for order in orders.iterator(chunk_size=500):
        lines = tuple(
            SaleLine(
                id=str(line.id),
                product=str(line.product_id),
                categories=tuple(line.categories),
                tags=tuple(line.tags),
                quantity=line.quantity,
                paid=line.quantity * line.unit_price,
                cost=line.quantity * line.unit_cost,
            )
            for line in order.lines.all()
        )
        chain, pinned = selectors.chain_from_json(order.chain), selectors.rules_of(order.rules_version or 0)
        yield PastSale(str(order.id), order.currency, lines, tenant.platform_fee_bp, chain, pinned)


def _facts(result: Replay, tenant: Tenant) -> dict[str, Any]:
    def pair(amounts: Pair) -> dict[str, int]:
        return {"before": amounts.before, "after": amounts.after}

    return {
        "tenant": str(tenant.id),
        "currency": tenant.currency,
        "orders": result.orders,
        "goods": pair(result.goods),
        "shop": pair(result.shop),
        "incomes": {key: pair(amounts) for key, amounts in sorted(result.incomes.items())},
        "savings": {key: pair(amounts) for key, amounts in sorted(result.savings.items())},
    }


def _show(result: Replay, tenant: Tenant, names: dict[str, str]) -> None:
    def money(amount: int) -> str:
        return format_money(amount, tenant.currency)

    table = Table("", title=f"{result.orders} orders", box=None, pad_edge=False)
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    rows = [("goods paid", result.goods), ("left to the shop", result.shop)]
    rows += [(f"+ {names.get(key, key)}", amounts) for key, amounts in result.gainers()[:SHOWN]]
    rows += [(f"- {names.get(key, key)}", amounts) for key, amounts in result.losers()[:SHOWN]]
    for label, amounts in rows:
        table.add_row(label, money(amounts.before), money(amounts.after), money(amounts.change))
    console = Console()
    console.print(table)
    console.print(f"{len(result.gainers())} gain, {len(result.losers())} lose")
