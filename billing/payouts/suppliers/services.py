"""Suppliers: what is due becomes payouts, less what they owe; what was refused is owed again."""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payments.models import Payment
from billing.payouts import postings
from billing.payouts.accounts import services as account_services
from billing.payouts.models import Payable, Payout, PayoutAccount, PayoutHold
from kernel import clock
from kernel.ids import new_id
from kernel.unit_of_work import lock_name

logger = logging.getLogger(__name__)
BATCH = 100
HOLD_FIRST, HOLD_LONGEST = timedelta(minutes=1), timedelta(hours=6)


def request_due() -> list[Payout]:
    """Make payouts of what is due: one a supplier and charge, and one for what has no charge here."""
    able = PayoutAccount.objects.filter(
        owner_kind=PayoutAccount.OwnerKind.SUPPLIER,
        owner_id=OuterRef("supplier_id"),
        state=PayoutAccount.State.ABLE,
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
    held = PayoutHold.objects.filter(supplier_id=OuterRef("supplier_id"), lifted_at=None)
    return Q(blocked_by="") & ~Q(Exists(held)) & (Q(retry_at=None) | Q(retry_at__lte=clock.now()))


def _request(supplier_id: UUID, currency: str) -> list[Payout]:
    # One at a time for a supplier, so that its debt is netted once.
    lock_name(f"payouts {supplier_id} {currency}")
    account = account_services.require_able(PayoutAccount.OwnerKind.SUPPLIER, supplier_id)
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

    What was refunded meanwhile is not owed again: it settles the debt that the refund made.
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
