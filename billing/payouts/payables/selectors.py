"""Reading what suppliers are owed and were paid. Amounts are minor units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Exists, Min, OuterRef, Q, Sum

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.payables.models import Payable
from billing.payouts.transfers.models import Payout
from catalog.models import Supplier
from fulfilment.models import SupplierOrder
from kernel import clock

PER_PAGE = 30
PENALTY = "counterfeit.penalty"
"""The kind of the transfers by which suppliers owe the platform a penalty."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Where a supplier's money of one currency is.

    ``paid`` is what has arrived in the bank, ``on_its_way`` what has left for it; ``owed_back`` was refunded
    after it was sent, or is a penalty, and is set off later; ``penalties`` is what was ever charged for
    counterfeits.
    """

    currency: str
    waiting: int = 0
    due: int = 0
    on_its_way: int = 0
    paid: int = 0
    owed_back: int = 0
    penalties: int = 0


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One payable with the number of the supplier's order and, once there is one, its payout."""

    payable: Payable
    number: str

    @property
    def refunded(self) -> int:
        """What refunds took of it, before or after it was paid. Minor units."""
        return self.payable.cancelled + self.payable.clawed_back

    @property
    def has_arrived(self) -> bool:
        """Whether it is in the supplier's bank."""
        return has_arrived(self.payable.payout)

    @property
    def moment(self) -> datetime:
        """When it came to be what it is now."""
        payout = self.payable.payout
        paid_at = payout.paid_at if payout else None
        return paid_at or self.payable.due_at or self.payable.created_at


def totals_of(supplier: Supplier) -> list[Totals]:
    """Return one row a currency, the supplier's own currency first and always."""
    fields = {
        Payable.State.WAITING: "waiting",
        Payable.State.DUE: "due",
        Payable.State.IN_PAYOUT: "on_its_way",
    }
    sums: dict[str, dict[str, int]] = {supplier.currency: {}}
    rows = Payable.objects.filter(supplier=supplier).values_list("currency", "state").annotate(Sum("amount"))
    for currency, state, amount in rows.order_by("currency"):
        if state in fields:
            sums.setdefault(currency, {})[fields[Payable.State(state)]] = int(amount)
    sent = Payout.objects.filter(supplier=supplier, state=Payout.State.PAID)
    arrived = Sum("amount", filter=Q(bank_payout__state=BankPayout.State.PAID), default=0)
    by_currency = sent.values("currency").annotate(sent=Sum("amount"), arrived=arrived).order_by("currency")
    for currency, amount, paid in by_currency.values_list("currency", "sent", "arrived"):
        row = sums.setdefault(currency, {})
        row["paid"], row["on_its_way"] = int(paid), row.get("on_its_way", 0) + int(amount - paid)
    for balance in ledger_selectors.balances_of("supplier", supplier.id):
        if balance.kind == AccountKind.SUPPLIER_RECEIVABLE:
            row = sums.setdefault(balance.currency, {})
            row["owed_back"] = -balance.amount
            if balance.amount:
                charged = Entry.objects.filter(account_id=balance.account_id, transfer__kind=PENALTY)
                row["penalties"] = -int(charged.aggregate(total=Sum("amount"))["total"] or 0)
    return [Totals(currency, **kept) for currency, kept in sums.items()]


def statement(supplier: Supplier, page: str | int = 1) -> tuple[Page[Payable], list[StatementLine]]:
    """Return a page of the supplier's payables, newest first, with the numbers of its orders."""
    payables = Payable.objects.filter(supplier=supplier).select_related("payout__bank_payout").order_by("-id")
    shown = Paginator(payables, PER_PAGE).get_page(page)
    return shown, lines_of(shown.object_list)


def lines_of(payables: Iterable[Payable]) -> list[StatementLine]:
    """Return payables with the numbers of the supplier's orders, in the order given."""
    rows = list(payables)
    ids = [payable.supplier_order_id for payable in rows]
    numbers = dict(SupplierOrder.objects.filter(id__in=ids).values_list("id", "number"))
    return [StatementLine(payable, numbers.get(payable.supplier_order_id, "–")) for payable in rows]


def has_arrived(payout: Payout | None) -> bool:
    """Say whether a payout is in the payee's bank; one that was set off whole never has to get there."""
    if payout is None or payout.state != Payout.State.PAID:
        return False
    bank_payout = payout.bank_payout
    return not payout.amount or (bank_payout is not None and bank_payout.state == BankPayout.State.PAID)


def payable_age() -> float:
    """Return for how many seconds the oldest due payable has waited; 0 if none does."""
    oldest = oldest_due()
    return (clock.now() - oldest).total_seconds() if oldest else 0.0


def oldest_due() -> datetime | None:
    """Return since when the oldest payable that is in no payout has been due; None if there is none."""
    oldest: datetime | None = Payable.objects.filter(state=Payable.State.DUE).aggregate(at=Min("due_at"))[
        "at"
    ]
    return oldest


def suppliers_without_account() -> int:
    """Return how many suppliers at work have no account to which we could pay."""
    able = PayoutAccount.objects.filter(
        owner_kind=PayoutAccount.OwnerKind.SUPPLIER,
        owner_id=OuterRef("pk"),
        state=PayoutAccount.State.ABLE,
        replaced_at=None,
    )
    return Supplier.objects.filter(~Exists(able), is_active=True).count()
