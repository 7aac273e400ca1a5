"""What suppliers are owed for each order: written when it is paid, due by policy, taken back by refunds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing.payouts.models import Payable
from catalog.models import Supplier
from kernel import clock, unit_of_work
from kernel.amounts import MAX_AMOUNT
from kernel.errors import InvalidInput

DUE_AFTER: dict[str, frozenset[str]] = {
    "paid": frozenset({Supplier.Settlement.PAID}),
    "shipped": frozenset({Supplier.Settlement.PAID, Supplier.Settlement.SHIPPED}),
    "received": frozenset(Supplier.Settlement.values),
}
"""What has happened to the goods -> policies that are fulfilled by it."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a supplier is owed for its part of an order, minor units, under its policy ``settlement``."""

    supplier_id: UUID
    supplier_order_id: UUID
    amount: int
    settlement: str


def record_payables(
    *, tenant_id: UUID, order_id: UUID, currency: str, payment_id: UUID | None, owed: Iterable[Owed]
) -> list[Payable]:
    """Write down what suppliers are owed for a new order. Must run inside the transaction that books it.

    The ledger's legs are those of the order's own transfer. Nothing is owed for an amount of zero. Raises
    InvalidInput for a negative or oversized amount; the database refuses a supplier order's second payable.
    """
    now = clock.now()
    payables = []
    for part in owed:
        if not isinstance(part.amount, int) or not 0 <= part.amount <= MAX_AMOUNT:
            raise InvalidInput(
                _("a payable cannot be negative or this large"), field="amount", value=part.amount
            )
        is_due = part.settlement in DUE_AFTER["paid"]
        payables.append(
            Payable(
                tenant_id=tenant_id,
                supplier_id=part.supplier_id,
                supplier_order_id=part.supplier_order_id,
                order_id=order_id,
                payment_id=payment_id,
                amount=part.amount,
                currency=currency,
                settlement=part.settlement,
                state=Payable.State.DUE if is_due else Payable.State.WAITING,
                due_at=now if is_due else None,
            )
        )
    owing = [payable for payable in payables if payable.amount]
    unit_of_work.insert(owing)
    return owing


def mark_due(*, supplier_order_id: UUID, after: str) -> bool:
    """Let a payable fall due if ``after`` (paid, shipped, received) is what its policy waits for.

    Must run inside a transaction. True if it fell due now.
    """
    return bool(
        Payable.objects.filter(
            supplier_order_id=supplier_order_id, state=Payable.State.WAITING, settlement__in=DUE_AFTER[after]
        ).update(state=Payable.State.DUE, due_at=clock.now())
    )


def take_back(*, order_id: UUID, amounts: Mapping[UUID, int]) -> dict[UUID, tuple[int, int]]:
    """Take back parts of what suppliers get for an order, as a refund asks: supplier order id -> minor units.

    Returns supplier id -> (not yet paid out, already paid out). Must run inside a transaction; the caller
    posts both: the first off ``supplier_payable``, the second onto ``supplier_receivable``, from where it is
    netted from what the supplier is paid next. Raises ValueError for more than the supplier gets.
    """
    clawbacks: dict[UUID, tuple[int, int]] = {}
    rows = Payable.objects.select_for_update().filter(order_id=order_id).order_by("id")
    left = {key: amount for key, amount in amounts.items() if amount}
    for payable in rows:
        amount = left.pop(payable.supplier_order_id, 0)
        if not 0 <= amount <= payable.left:
            raise ValueError(f"{amount} taken back of {payable.left} for {payable}")
        unpaid, paid = clawbacks.get(payable.supplier_id, (0, 0))
        if payable.state in {Payable.State.WAITING, Payable.State.DUE}:
            unpaid += amount
            payable.cancel(amount)
        else:
            paid += amount
            payable.clawed_back += amount
        payable.save(update_fields=["state", "amount", "cancelled", "clawed_back"])
        clawbacks[payable.supplier_id] = (unpaid, paid)
    if left:
        raise ValueError(f"no payable for {sorted(left)}")
    return clawbacks


def block(*, order_id: UUID, reason: str) -> None:
    """Keep what is owed for an order from being paid out until ``unblock``. Must run inside a transaction.

    What is in a payout goes on, and waits should it come back.
    """
    unpaid = [Payable.State.WAITING, Payable.State.DUE, Payable.State.IN_PAYOUT]
    lock_in_order(Payable.objects.filter(order_id=order_id, state__in=unpaid)).update(blocked_by=reason)


def unblock(*, order_id: UUID) -> None:
    """Let what is owed for an order be paid out again. Must run inside a transaction."""
    lock_in_order(Payable.objects.filter(order_id=order_id)).update(blocked_by="")


def lock_in_order(rows: QuerySet[Payable]) -> QuerySet[Payable]:
    """Lock payables in the one order in which all lock them, and return them to be updated together.

    An UPDATE alone locks its rows as they happen to lie, and can meet a refund half way.
    """
    return Payable.objects.filter(
        id__in=list(rows.select_for_update().order_by("id").values_list("id", flat=True))
    )
