"""Suppliers: what is due becomes payouts, less what they owe; what was refused is owed again."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.models import Payment
from billing.payouts import postings
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.holds.models import PayoutHold
from billing.payouts.payables.models import Payable
from billing.payouts.payables.selectors import PENALTY
from billing.payouts.transfers.models import Payout
from catalog.models import Supplier
from kernel import clock
from kernel.database import unit_of_work
from kernel.database.unit_of_work import joins_transaction, lock_name
from kernel.errors import InvalidInput
from kernel.ids import new_id
from kernel.models import NO_ONE
from kernel.money.amounts import MAX_AMOUNT

logger = logging.getLogger(__name__)
BATCH = 100
HOLD_FIRST, HOLD_LONGEST = timedelta(minutes=1), timedelta(hours=6)


def request_due() -> list[Payout]:
    """Make payouts of what is due: one a supplier and charge, and one for what has no charge here."""
    able = PayoutAccount.objects.filter(
        owner_kind=PayoutAccount.OwnerKind.SUPPLIER,
        owner_id=OuterRef("supplier_id"),
        state=PayoutAccount.State.ABLE,
        replaced_at=None,
    )
    due = (
        Payable.objects.filter(_ready(), Exists(able), state=Payable.State.DUE)
        .order_by("supplier_id", "currency")
        .values_list("supplier_id", "currency")
        .distinct()
    )
    payouts = []
    for supplier_id, currency in due:
        try:
            with transaction.atomic(durable=True):
                payouts += _request(supplier_id, currency)
        except Exception:  # one supplier's wrong books must not keep the others from their money
            logger.exception("no payout could be made", extra={"supplier": str(supplier_id)})
    return payouts


def _ready() -> Q:
    """Say which payables may be paid out: of no supplier on hold, of no shop whose payouts are halted."""
    held = PayoutHold.objects.filter(supplier_id=OuterRef("supplier_id"), lifted_at=None)
    halted = halt_selectors.halted_shops()
    return (
        Q(blocked_by="")
        & ~Q(Exists(held))
        & ~Q(tenant_id__in=halted)
        & (Q(retry_at=None) | Q(retry_at__lte=clock.now()))
    )


def _request(supplier_id: UUID, currency: str) -> list[Payout]:
    # One at a time for a supplier, so that its debt is netted once.
    lock_name(f"payouts {supplier_id} {currency}")
    account = payout_account_services.require_able(PayoutAccount.OwnerKind.SUPPLIER, supplier_id)
    payables = list(
        Payable.objects.select_for_update(skip_locked=True)
        .filter(_ready(), supplier_id=supplier_id, currency=currency, state=Payable.State.DUE)
        .order_by("id")[:BATCH]
    )
    charges = dict(
        Payment.objects.filter(
            id__in=[row.payment_id for row in payables if row.payment_id], gateway=settings.PAYMENT_GATEWAY
        ).values_list("id", "charge_id")
    )
    # A transfer can draw on one charge only. What partners prepaid has none, what was paid through another
    # gateway has none here: both go together, from our own balance.
    groups: dict[UUID | None, list[Payable]] = {}
    for payable in payables:
        groups.setdefault(payable.payment_id if payable.payment_id in charges else None, []).append(payable)
    debt = _debt(supplier_id, currency)
    payouts = []
    for payment_id, group in groups.items():
        gross = sum(payable.amount for payable in group)
        netted = min(debt, gross)
        debt -= netted
        payout = Payout(
            id=new_id(),
            supplier_id=supplier_id,
            destination=account.external_id or "",
            currency=currency,
            gross=gross,
            netted=netted,
            amount=gross - netted,
            source_charge=charges[payment_id] if payment_id else "",
            transfer_group=str(group[0].order_id) if payment_id else "",
        )
        if not payout.amount:
            payout.state, payout.paid_at = Payout.State.PAID, clock.now()
        payout.save(force_insert=True)
        postings.post(payout, "payout.requested", payable=-gross, in_flight=payout.amount, receivable=netted)
        state = Payable.State.IN_PAYOUT if payout.amount else Payable.State.PAID
        Payable.objects.filter(id__in=[row.id for row in group]).update(
            state=state, payout=payout, retry_at=None, problem=""
        )
        payouts.append(payout)
    return payouts


def _debt(supplier_id: UUID, currency: str) -> int:
    """Return what a supplier owes from refunds of what it received; what is on its way may yet fail.

    Read in this order, a refund between the two can only make it less, and is netted next time.
    """
    owed = -ledger_selectors.balance(
        owner_kind="supplier", owner_id=supplier_id, kind=AccountKind.SUPPLIER_RECEIVABLE, currency=currency
    )
    on_its_way = Payable.objects.filter(
        supplier_id=supplier_id, currency=currency, state=Payable.State.IN_PAYOUT
    ).aggregate(amount=Sum("clawed_back"))["amount"]
    return max(0, owed - (on_its_way or 0))


def owe_again(payout: Payout) -> None:
    """A payout was refused: its payables are due again, and are tried after a while that grows.

    What was refunded meanwhile is not owed again: it pays off the debt that the refund made.
    Must run inside a transaction, with the payout's row locked.
    """
    assert payout.supplier_id
    # Not while a payout is made of the supplier's payables: its debt changes here.
    lock_name(f"payouts {payout.supplier_id} {payout.currency}")
    payables = list(payout.payables.select_for_update().order_by("id"))
    refunded = sum(payable.clawed_back for payable in payables)
    postings.post(
        payout,
        "payout.failed",
        payable=payout.gross - refunded,
        in_flight=-payout.amount,
        receivable=refunded - payout.netted,
    )
    failures = Payout.objects.filter(supplier_id=payout.supplier_id, state=Payout.State.FAILED).count()
    retry_at = clock.now() + min(HOLD_FIRST * 2 ** min(failures, 10), HOLD_LONGEST)
    for payable in payables:
        payable.payout, payable.problem = None, payout.last_error
        payable.cancel(payable.clawed_back)
        if payable.state != Payable.State.CANCELLED:
            payable.state, payable.retry_at = Payable.State.DUE, retry_at
        payable.clawed_back = 0
        payable.save(
            update_fields=["payout", "problem", "state", "retry_at", "amount", "cancelled", "clawed_back"]
        )


DUE_AFTER: dict[str, frozenset[str]] = {
    "paid": frozenset({Supplier.SettlementPolicy.PAID}),
    "shipped": frozenset({Supplier.SettlementPolicy.PAID, Supplier.SettlementPolicy.SHIPPED}),
    "received": frozenset(Supplier.SettlementPolicy.values),
}
"""What has happened to the goods -> policies that are fulfilled by it."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a supplier is owed for its part of an order, minor units, under its ``settlement_policy``."""

    supplier_id: UUID
    supplier_order_id: UUID
    amount: int
    settlement_policy: str


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
        is_due = part.settlement_policy in DUE_AFTER["paid"]
        payables.append(
            Payable(
                tenant_id=tenant_id,
                supplier_id=part.supplier_id,
                supplier_order_id=part.supplier_order_id,
                order_id=order_id,
                payment_id=payment_id,
                amount=part.amount,
                currency=currency,
                settlement_policy=part.settlement_policy,
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
            supplier_order_id=supplier_order_id,
            state=Payable.State.WAITING,
            settlement_policy__in=DUE_AFTER[after],
        ).update(state=Payable.State.DUE, due_at=clock.now())
    )


def claw_back(*, order_id: UUID, amounts: Mapping[UUID, int]) -> dict[UUID, tuple[int, int]]:
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
            raise ValueError(f"{amount} clawed back of {payable.left} for {payable}")
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


@joins_transaction
def charge_penalty(*, supplier_id: UUID, amount: int, currency: str, ruling_id: UUID) -> None:
    """Let a supplier owe the platform a penalty, minor units; it is netted from what is paid out next.

    Must run inside a transaction. Again for the same ruling: no change.
    """
    ledger_services.post(
        tenant_id=NO_ONE,
        kind=PENALTY,
        idempotency_key=str(ruling_id),
        legs=[
            Leg("supplier", supplier_id, AccountKind.SUPPLIER_RECEIVABLE, currency, -amount),
            Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, currency, amount),
        ],
        subject_id=ruling_id,
    )
