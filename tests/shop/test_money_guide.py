"""The worked order of docs/guides/money.md: its tables hold the numbers that the ledger really has."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine

from billing.ledger.models import AccountKind, Entry
from billing.payments.payments import sandbox_cards
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.transfers import services as transfer_services
from catalog.models import Supplier
from kernel import clock
from kernel.money.amounts import decimal_text
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.refunds import services as refund_services
from tests.shop.test_commission_life import arrive, buy, relay, withdraw
from tests.shop.test_subsidies import budget, hand_out, subsidise, with_packet
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "money.md"
WORDS = {
    AccountKind.PSP_CLEARING: "with the payment provider",
    AccountKind.SUPPLIER_PAYABLE: "owed to suppliers",
    AccountKind.SUPPLIER_RECEIVABLE: "to be had back from suppliers",
    AccountKind.PLATFORM_FEE: "platform fee",
    AccountKind.COMMISSION_PENDING: "commission, pending",
    AccountKind.COMMISSION_PAYABLE: "commission, payable",
    AccountKind.CLAWBACK_RECEIVABLE: "to be had back from members",
    AccountKind.TENANT_MARGIN: "margin",
    AccountKind.TENANT_PREPAID: "prepaid balance",
    AccountKind.SUBSIDY_BUDGET: "subsidy budget",
    AccountKind.SUBSIDY_CLAIMED: "subsidy, set aside",
}
Table = dict[tuple[str, str], list[str]]


def tables() -> list[Table]:
    """Return the guide's tables of postings: (account, of) -> cells."""
    postings: list[Table] = []
    inside = False
    for line in GUIDE.read_text().splitlines():
        if line.startswith("| account | of |"):
            postings.append({})
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and "`" in line:
            account, owner, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            postings[-1][account.partition("`")[2].strip("`)"), owner] = cells
    return postings


def written(table: Table) -> str:
    """Return a table as the guide writes it."""
    return "\n".join(
        f"| {WORDS[AccountKind(kind)]} (`{kind}`) | {owner} | {' | '.join(cells)} |"
        for (kind, owner), cells in table.items()
    )


class Books:
    """Notes what every account got between two looks."""

    def __init__(self, shop: World, **others: UUID) -> None:
        self.names = {shop.bob.pk: "Bob", shop.alice.pk: "Alice", shop.tenant.id: "shop"}
        self.names |= {key: name for name, key in others.items()}
        self.names |= {supplier.pk: supplier.code for supplier in Supplier.objects.all()}
        self.steps: list[dict[tuple[str, str], int]] = []
        self.before = self._sums()

    def _sums(self) -> dict[tuple[str, str], int]:
        sums: dict[tuple[str, str], int] = {}
        for kind, owner, amount in Entry.objects.values_list("account__kind", "account__owner_id", "amount"):
            key = (kind, self.names.get(owner, "platform"))
            sums[key] = sums.get(key, 0) + amount
        return sums

    def look(self) -> None:
        """Write down what has changed since the last look."""
        now = self._sums()
        self.steps.append({key: amount - self.before.get(key, 0) for key, amount in now.items()})
        self.before = now

    def table(self) -> Table:
        """Return what was noted, an account a row and a step a column."""
        rows = sorted(
            {key for step in self.steps for key, amount in step.items() if amount},
            key=lambda row: (list(WORDS).index(AccountKind(row[0])), row[1]),
        )
        return {key: [_signed(step.get(key, 0)) for step in self.steps] for key in rows}


def _signed(amount: int) -> str:
    sign = "+" if amount > 0 else "−"
    return f"{sign}{decimal_text(abs(amount), 'CNY')}" if amount else ""


@pytest.fixture
def later() -> Iterator[Any]:
    with time_machine.travel(clock.now(), tick=True) as traveller:
        yield traveller


@pytest.mark.slow
def test_the_worked_order_is_what_the_ledger_has(shop: World, sandbox: RunningSandbox, later: Any) -> None:
    for supplier in Supplier.objects.order_by("code"):
        payout_account_services.open_account(
            owner=payout_account_services.supplier_owner(supplier), country="CN"
        )
    books = Books(shop)
    order = buy(shop)
    books.look()
    arrive(order)
    transfer_services.pay_due()
    books.look()
    later.shift(timedelta(days=8))
    relay()
    books.look()
    withdraw(shop, shop.bob, 2_520)
    books.look()
    tea = next(line for line in order.lines.all() if line.sku == "tea-0")
    refund_services.refund_order(
        order_id=order.id, reason="broken", acting_user=shop.alice, idempotency_key="tea", lines={tea.id: 1}
    )
    books.look()
    first = books.table()

    books = Books(shop)
    second = buy(shop, tea=2, lamp=0)
    books.look()
    arrive(second)
    transfer_services.pay_due()
    books.look()
    later.shift(timedelta(days=8))
    relay()
    books.look()
    for table, shown in zip((first, books.table()), tables()[:2], strict=True):
        check(table, shown)


def check(table: Table, shown: Table) -> None:
    """A table sums to zero in each step, and stands in the guide as it is."""
    for cells in zip(*table.values(), strict=True):
        assert sum(int(cell.replace("−", "-").replace(".", "") or 0) for cell in cells) == 0
    assert shown == table, written(table)


def test_the_subsidised_order_is_what_the_ledger_has(shop: World, sandbox: RunningSandbox) -> None:
    fund = budget(shop, 10_000)
    subsidise(fund, 1_500, products=[shop.tea.id])
    books = Books(shop, budget=fund.id)
    batch = hand_out(fund, amount=2_000, number=2)
    books.names[batch.id] = "packets"
    books.look()
    packet = red_packet_services.take(batch_id=batch.id, user=shop.carol)
    order = with_packet(shop, packet, lamp=0)
    books.look()
    assert order.payment_id is not None
    sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    books.look()
    refund_services.refund_order(
        order_id=order.id, reason="", acting_user=shop.alice, idempotency_key="half", amount=3_050
    )
    books.look()
    check(books.table(), tables()[-1])
