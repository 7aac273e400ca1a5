"""What the demo shows in the end: the money map of every order, the books, and whether all of it adds up."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from billing.ledger import selectors as ledger_selectors
from billing.payouts.models import Payable, Payout
from config.demo import selection_round
from config.demo.actions import host_of
from config.demo.story import Story, parcels_of
from fulfilment.models import SupplierOrder, Voucher
from kernel.models import Event
from kernel.money.money import format_money
from kernel.tenancy import in_tenant
from kernel.texts.translated import pick
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.members import selectors as member_selectors
from tenants.registry.models import Tenant
from tenants.registry.services import SpawnResult
from tenants.shop import money_map
from tenants.shop.orders.models import Order


@dataclass(frozen=True, slots=True)
class BookCheck:
    """Something that must be true after the story."""

    name: str
    ok: bool


def as_json(story: Story, spawned: list[SpawnResult]) -> dict[str, Any]:
    """Return the whole run as plain values; amounts are minor units."""
    orders = [_order(order.tenant, order.order_id) for order in story.orders]
    order_ids = [order.order_id for order in story.orders]
    counts, sums = ledger_selectors.counts(), ledger_selectors.sum_by_currency()
    return {
        "tenants": [
            {
                "host": host_of(result.tenant),
                "preset": result.tenant.preset,
                "spawn_ms": round(result.milliseconds, 1),
                "created": result.created,
            }
            for result in spawned
        ],
        "orders": orders,
        "supplier_orders": [
            {"number": row.number, "supplier": row.supplier.code, "state": row.state, "payable": row.payable}
            for row in SupplierOrder.objects.filter(order_id__in=order_ids)
            .select_related("supplier")
            .order_by("id")
        ],
        "payouts": [
            {
                "supplier_id": str(row.supplier_id),
                "amount": row.amount,
                "currency": row.currency,
                "state": row.state,
            }
            for row in Payout.objects.filter(payables__order_id__in=order_ids).distinct().order_by("id")
        ],
        "judged": [
            {
                "product": pick(row.entry.title),
                "gate": row.gate,
                "points": row.points,
                "points_needed": row.points_needed,
                "passed": row.passed,
            }
            for row in selection_round.results()
        ],
        "ledger": {**counts, "sum_by_currency": sums},
        "checks": [asdict(check) for check in checks(story, orders, spawned)],
    }


def _order(tenant: Tenant, order_id: UUID) -> dict[str, Any]:
    with in_tenant(tenant):
        order = Order.objects.get(id=order_id)
        _ribbons, rows = money_map.map_of(order)
        earnings = earning_selectors.earnings_of(order_id)
        names = member_selectors.member_names([earning.payee_id for earning in earnings])
        return {
            "id": str(order.id),
            "number": order.number,
            "tenant": host_of(tenant),
            "channel": order.channel,
            "state": order.state,
            "paid": order.total,
            "refunded": order.total if order.state == Order.State.REFUNDED else 0,
            "saved": order.saving,
            "currency": order.currency,
            "earnings": [
                {
                    "payee": names.get(UUID(earning.payee_id), pick(tenant.name)),
                    "kind": earning.kind,
                    "amount": earning.amount,
                    "why": pick(earning.why),
                }
                for earning in earnings
            ],
            "money_map": [asdict(row) for row in rows],
        }


def checks(story: Story, orders: list[dict[str, Any]], spawned: list[SpawnResult]) -> list[BookCheck]:
    """Return what must hold, each with its verdict."""
    assert story.refunded is not None
    by_id = {order["id"]: order for order in orders}
    two_levels = by_id[str(story.two_levels)]
    refunded = by_id[str(story.refunded)]
    member_orders = [order.order_id for order in story.orders if order.buyer]
    unpaid = Payable.objects.filter(supplier_order_id__in=parcels_of(member_orders)).exclude(
        state=Payable.State.PAID
    )
    assert story.redeemed is not None
    vouchers = Voucher.objects.filter(order_id=story.redeemed)
    return [
        BookCheck("three shops are open", len(spawned) == 3),
        BookCheck("every order's money map sums to what was paid", all(_adds_up(order) for order in orders)),
        BookCheck("a declined card moved nothing, the next one paid", by_id[str(story.declined)]["paid"] > 0),
        BookCheck(
            "a second buyer paid two levels",
            sum(1 for earning in two_levels["earnings"] if earning["kind"] == "commission") == 2,
        ),
        BookCheck("the club's member saved at the till", orders[0]["saved"] > 0),
        BookCheck("the refund took everything back from everybody", not _still_owed(story.refunded)),
        BookCheck("the refunded order says so", refunded["state"] == Order.State.REFUNDED),
        BookCheck(
            "the partner's order is paid from its balance", by_id[str(story.partner)]["channel"] == "api"
        ),
        BookCheck("every supplier was paid the same day", not unpaid.exists()),
        BookCheck(
            "the vouchers were redeemed", bool(vouchers) and not any(voucher.left for voucher in vouchers)
        ),
        BookCheck(
            "what panel and jury passed is on sale in the club, what missed by a point is nowhere",
            selection_round.rulings()
            == {selection_round.PASSING: "passed", selection_round.FAILING: "refused"}
            and selection_round.on_sale(spawned[0].tenant) == {selection_round.PASSING}
            and not any(
                selection_round.FAILING in selection_round.on_sale(result.tenant) for result in spawned
            ),
        ),
        BookCheck("the ledger sums to zero", not any(ledger_selectors.sum_by_currency().values())),
        BookCheck("no event is stuck", not Event.objects.filter(handled_at=None, attempts__gt=0).exists()),
    ]


def _adds_up(order: dict[str, Any]) -> bool:
    return bool(sum(row["amount"] for row in order["money_map"]) == order["paid"])


def _still_owed(order_id: UUID) -> dict[tuple[str, UUID], int]:
    """Return what anybody still has of an order, by owner: what is owed and what is owed back cancel out."""
    amounts: dict[tuple[str, UUID], int] = {}
    for flow in ledger_selectors.flows(order_id):
        owner = flow.owner_kind, flow.owner_id
        amounts[owner] = amounts.get(owner, 0) + flow.amount
    return {owner: amount for owner, amount in amounts.items() if amount}


def show(console: Console, report: dict[str, Any]) -> None:
    """Print the money map of every order and the closing table."""
    for order in report["orders"]:
        paid = format_money(order["paid"], order["currency"])
        tree = Tree(f"[bold]{order['number']}[/] {order['tenant']} [dim]{order['state']}[/] · {paid}")
        for row in order["money_map"]:
            amount = format_money(row["amount"], order["currency"])
            tree.add(
                f"{amount:>12}  {row['party']} [dim]{row['kind']}[/]"
                + (f"\n{'':14}[dim]{row['why']}[/]" if row["why"] else "")
            )
        console.print(tree)
    table = Table(title="The books", show_header=False)
    books = report["ledger"]
    table.add_row("orders", str(len(report["orders"])))
    table.add_row("earnings", str(sum(len(order["earnings"]) for order in report["orders"])))
    table.add_row("supplier orders", str(len(report["supplier_orders"])))
    table.add_row("payouts", str(len(report["payouts"])))
    table.add_row("ledger", f"{books['transfers']} transfers, {books['entries']} entries")
    table.add_row(
        "sum", ", ".join(f"{currency} {amount}" for currency, amount in books["sum_by_currency"].items())
    )
    console.print(table)
    judged = Table("product", "gate", "points", "needed", "", title="What panel and jury said")
    for row in report["judged"]:
        verdict = "[green]passed[/]" if row["passed"] else "[red]not passed[/]"
        judged.add_row(row["product"], row["gate"], str(row["points"]), str(row["points_needed"]), verdict)
    console.print(judged)
    for check in report["checks"]:
        console.print(f"[green]✓[/] {check['name']}" if check["ok"] else f"[red]✗ {check['name']}[/]")
