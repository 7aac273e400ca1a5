"""Paying suppliers the same day. Every command may be repeated; a crash at any step loses nothing.

A payable is written with the paid order. Once it is due, one transaction makes a payout of it and moves
the ledger's money from ``supplier_payable`` to ``withdrawal_in_flight``. The gateway is called outside any
transaction with a key made from the payout's id; its answer moves the money on to ``psp_clearing``,
or back to ``supplier_payable``.
"""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.gateway import Gateway, GatewayError, GatewayUnavailable, Move, MoveStatus, gateway
from billing.payments.models import Payment
from billing.payouts.models import Payable, Payout
from catalog.models import Supplier
from kernel import audit, clock
from kernel.errors import Conflict, InvalidInput
from kernel.ids import new_id
from kernel.locks import lock_name
from kernel.models import NO_ONE
from kernel.money import MAX_AMOUNT
from kernel.text import pick

logger = logging.getLogger(__name__)
BATCH = 100
KEY_LIFE = timedelta(hours=23)
RETRY_FIRST, RETRY_LONGEST = timedelta(seconds=10), timedelta(hours=1)
HOLD_FIRST, HOLD_LONGEST = timedelta(minutes=1), timedelta(hours=6)
COUNTRIES = {"CNY": "CN", "HKD": "HK", "USD": "US", "EUR": "DE", "GBP": "GB", "JPY": "JP", "SGD": "SG"}
DUE_AFTER: dict[str, frozenset[str]] = {
    "paid": frozenset({Supplier.Settlement.PAID}),
    "shipped": frozenset({Supplier.Settlement.PAID, Supplier.Settlement.SHIPPED}),
    "received": frozenset(Supplier.Settlement.values),
}
"""What has happened to the goods -> policies that are fulfilled by it."""


def record_payable(
    *,
    tenant_id: UUID,
    supplier_id: UUID,
    supplier_order_id: UUID,
    order_id: UUID,
    amount: int,
    currency: str,
    payment_id: UUID | None,
    settlement: str,
) -> Payable | None:
    """Write down what a supplier is owed for its part of an order. Must run inside a transaction.

    The ledger's legs are those of the order's own transfer. Once per supplier order; nothing is owed for an
    amount of zero (None). Raises InvalidInput for a negative or oversized amount.
    """
    if not isinstance(amount, int) or not 0 <= amount <= MAX_AMOUNT:
        raise InvalidInput(_("a payable cannot be negative or this large"), field="amount", value=amount)
    if not amount:
        return None
    is_due = settlement in DUE_AFTER["paid"]
    payable, _created = Payable.objects.get_or_create(
        supplier_order_id=supplier_order_id,
        defaults={
            "tenant_id": tenant_id,
            "supplier_id": supplier_id,
            "order_id": order_id,
            "payment_id": payment_id,
            "amount": amount,
            "currency": currency,
            "settlement": settlement,
            "state": Payable.State.DUE if is_due else Payable.State.WAITING,
            "due_at": clock.now() if is_due else None,
        },
    )
    return payable


def mark_due(*, supplier_order_id: UUID, after: str) -> bool:
    """Let a payable fall due if ``after`` (paid, shipped, received) is what its policy waits for.

    Must run inside a transaction. True if it fell due now.
    """
    return bool(
        Payable.objects.filter(
            supplier_order_id=supplier_order_id, state=Payable.State.WAITING, settlement__in=DUE_AFTER[after]
        ).update(state=Payable.State.DUE, due_at=clock.now())
    )


def cancel_payables(*, order_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Take back what suppliers were to get for an order: supplier id -> (not yet paid out, already paid out).

    Must run inside a transaction; the caller posts both: the first off ``supplier_payable``, the second onto
    ``supplier_receivable``, from where it is netted from what the supplier is paid next. Again: nothing.
    """
    taken: dict[UUID, tuple[int, int]] = {}
    for payable in Payable.objects.select_for_update().filter(order_id=order_id).order_by("id"):
        unpaid, paid = taken.get(payable.supplier_id, (0, 0))
        if payable.state in {Payable.State.WAITING, Payable.State.DUE}:
            payable.state = Payable.State.CANCELLED
            unpaid += payable.amount
        elif payable.state != Payable.State.CANCELLED:
            paid += payable.amount - payable.taken_back
            payable.taken_back = payable.amount
        payable.save(update_fields=["state", "taken_back"])
        if unpaid or paid:
            taken[payable.supplier_id] = (unpaid, paid)
    return taken


def pay_due() -> int:
    """Pay everything that is due; return how many payouts were looked after. Must run outside transactions.

    Suppliers without an account, and payables held after a failure, wait.
    """
    request_due()
    waiting = list(
        Payout.objects.filter(
            state__in=[Payout.State.REQUESTED, Payout.State.SENT], next_try_at__lte=clock.now()
        )
        .order_by("next_try_at", "id")
        .values_list("id", flat=True)[:BATCH]
    )
    for payout_id in waiting:
        try:
            send_payout(payout_id=payout_id)
        except Exception:
            logger.exception("a payout could not be gone on with", extra={"payout": str(payout_id)})
    return len(waiting)


def request_due() -> list[Payout]:
    """Make payouts of what is due: one a supplier and charge, and one for all that prepaid balances paid."""
    due = (
        Payable.objects.filter(_ready(), state=Payable.State.DUE)
        .exclude(supplier__payout_account="")
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
    return Q(held_until=None) | Q(held_until__lte=clock.now())


def _request(supplier_id: UUID, currency: str) -> list[Payout]:
    # One at a time for a supplier, so that its debt is netted once.
    lock_name(f"payouts {supplier_id} {currency}")
    supplier = Supplier.objects.get(id=supplier_id)
    payables = list(
        Payable.objects.select_for_update(skip_locked=True)
        .filter(_ready(), supplier_id=supplier_id, currency=currency, state=Payable.State.DUE)
        .order_by("id")[:BATCH]
    )
    charges = dict(
        Payment.objects.filter(id__in=[row.payment_id for row in payables if row.payment_id]).values_list(
            "id", "charge_id"
        )
    )
    # A transfer can draw on one charge only; what partners prepaid has none and goes together.
    groups: dict[UUID | None, list[Payable]] = {}
    for payable in payables:
        groups.setdefault(payable.payment_id, []).append(payable)
    debt = _debt(supplier_id, currency)
    payouts = []
    for payment_id, group in groups.items():
        gross = sum(payable.amount for payable in group)
        netted = min(debt, gross)
        debt -= netted
        payout = Payout(
            id=new_id(),
            supplier=supplier,
            destination=supplier.payout_account,
            currency=currency,
            gross=gross,
            netted=netted,
            amount=gross - netted,
            source_charge=charges.get(payment_id, "") if payment_id else "",
            transfer_group=str(group[0].order_id) if payment_id else "",
        )
        if not payout.amount:
            payout.state, payout.paid_at = Payout.State.PAID, clock.now()
        payout.save(force_insert=True)
        _post(payout, "payout.requested", payable=-gross, in_flight=payout.amount, receivable=netted)
        state = Payable.State.IN_PAYOUT if payout.amount else Payable.State.PAID
        Payable.objects.filter(id__in=[row.id for row in group]).update(
            state=state, payout=payout, held_until=None, problem=""
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
    ).aggregate(amount=Sum("taken_back"))["amount"]
    return max(0, owed - (on_its_way or 0))


def send_payout(*, payout_id: UUID) -> Payout:
    """Have the gateway transfer a payout, or see how it stands. Must run outside any transaction.

    Raises nothing the gateway says: ``state`` and ``last_error`` tell. Out of reach: it is asked again with
    the same key, and looked up first once that may be forgotten. Refused: it is owed again, and held a while.
    """
    with transaction.atomic(durable=True):
        payout = Payout.objects.select_for_update().get(id=payout_id)
        if payout.state in Payout.FINAL:
            return payout
        tried_at = payout.first_tried_at
        payout.first_tried_at = tried_at or clock.now()
        payout.attempts += 1
        payout.next_try_at = clock.now() + min(RETRY_FIRST * 2 ** min(payout.attempts, 12), RETRY_LONGEST)
        payout.save(update_fields=["first_tried_at", "attempts", "next_try_at"])
    key_is_old = tried_at is not None and clock.now() - tried_at > KEY_LIFE
    try:
        move = _transfer(gateway(), payout, key_is_old=key_is_old)
    except GatewayUnavailable as error:
        Payout.objects.filter(id=payout_id).update(last_error=str(error)[:300])
        payout.refresh_from_db()
        return payout
    except GatewayError as error:
        with transaction.atomic(durable=True):
            return fail_payout(payout_id=payout_id, error=f"{error.code}: {error}")
    with transaction.atomic(durable=True):
        return apply_transfer(payout_id=payout_id, move=move)


def _transfer(door: Gateway, payout: Payout, *, key_is_old: bool) -> Move:
    reference = str(payout.id)
    if payout.external_id:
        return door.fetch_transfer(payout.external_id)
    if key_is_old and (
        found := door.find_transfer(
            group=payout.transfer_group, destination=payout.destination, reference=reference
        )
    ):
        return found
    return door.transfer(
        amount=payout.amount,
        currency=payout.currency,
        destination=payout.destination,
        group=payout.transfer_group,
        source=payout.source_charge,
        reference=reference,
        key=f"payout:{payout.id}",
    )


def apply_transfer(*, payout_id: UUID, move: Move) -> Payout:
    """Bring a payout to where the gateway has it. Must run inside a transaction; final states stay."""
    payout = Payout.objects.select_for_update().get(id=payout_id)
    if payout.external_id not in (None, move.id):
        logger.error("two transfers for one payout", extra={"payout": str(payout_id), "other": move.id})
        return payout
    if payout.state in Payout.FINAL:
        if payout.state == Payout.State.FAILED and payout.external_id is None:
            logger.error("a refused payout was sent after all", extra={"payout": str(payout_id)})
        return payout
    if move.status == MoveStatus.FAILED:
        return fail_payout(payout_id=payout_id, error=move.error)
    payout.external_id, payout.sent_at = move.id, payout.sent_at or clock.now()
    payout.state, payout.last_error = Payout.State.SENT, ""
    if (move.amount, move.currency) != (payout.amount, payout.currency):
        payout.last_error = f"the gateway sent {move.amount} {move.currency}"
        logger.error("a transfer has another amount", extra={"payout": str(payout_id)})
    elif move.status == MoveStatus.SUCCEEDED:
        payout.state, payout.paid_at = Payout.State.PAID, clock.now()
        # Payables before the ledger, as everywhere: a refund and this must not wait for each other.
        payout.payables.update(state=Payable.State.PAID)
        _post(payout, "payout.paid", in_flight=-payout.amount, clearing=payout.amount)
    payout.save()
    return payout


def fail_payout(*, payout_id: UUID, error: str) -> Payout:
    """The gateway will not send it: the supplier is owed again, and it is tried anew after a while.

    What was refunded meanwhile is not owed again: it settles the debt that the refund made.
    Must run inside a transaction.
    """
    payout = Payout.objects.select_for_update().get(id=payout_id)
    if payout.state in Payout.FINAL:
        return payout
    # Not while a payout is made of the supplier's payables: its debt changes here.
    lock_name(f"payouts {payout.supplier_id} {payout.currency}")
    payout.state, payout.last_error = Payout.State.FAILED, error[:300]
    payout.save(update_fields=["state", "last_error"])
    payables = list(payout.payables.select_for_update().order_by("id"))
    refunded = sum(payable.taken_back for payable in payables)
    _post(
        payout,
        "payout.failed",
        payable=payout.gross - refunded,
        in_flight=-payout.amount,
        receivable=refunded - payout.netted,
    )
    failures = Payout.objects.filter(supplier_id=payout.supplier_id, state=Payout.State.FAILED).count()
    held_until = clock.now() + min(HOLD_FIRST * 2 ** min(failures, 10), HOLD_LONGEST)
    for payable in payables:
        payable.payout, payable.problem = None, error[:300]
        if payable.taken_back:
            payable.state = Payable.State.CANCELLED
        else:
            payable.state, payable.held_until = Payable.State.DUE, held_until
        payable.save(update_fields=["payout", "problem", "state", "held_until"])
    logger.error("a payout was refused", extra={"payout": str(payout_id), "problem": error})
    return payout


def onboard_supplier(*, supplier: Supplier, acting_user: Any = "payouts") -> Supplier:
    """Open the supplier's account at the gateway, once. Must run outside any transaction.

    With real keys the supplier completes its data at ``onboarding_link``. Raises Conflict if the gateway
    refuses, GatewayUnavailable if it is out of reach.
    """
    with transaction.atomic(durable=True):
        supplier = Supplier.objects.get(id=supplier.id)
    if supplier.payout_account:
        return supplier
    try:
        account = gateway().create_account(
            country=COUNTRIES.get(supplier.currency, "US"),
            email=supplier.email,
            name=pick(supplier.name, "en"),
            reference=str(supplier.id),
            key=f"account:{supplier.id}",
        )
    except GatewayUnavailable:
        raise
    except GatewayError as error:
        raise Conflict(
            _("the payment service refused to open an account"),
            field="supplier",
            value=supplier.code,
            remedy=str(error),
        ) from error
    with transaction.atomic(durable=True):
        supplier = Supplier.objects.select_for_update().get(id=supplier.id)
        supplier.payout_account = account.id
        supplier.save(update_fields=["payout_account"])
        audit.record(
            "supplier.onboard",
            actor=acting_user,
            object_type="supplier",
            object_id=supplier.id,
            object_label=supplier.code,
            changes={"payout_account": account.id},
        )
    return supplier


def onboarding_link(*, supplier: Supplier, refresh_url: str, return_url: str) -> str:
    """Return the gateway's page on which this supplier completes its data; good for one visit."""
    return gateway().onboarding_link(supplier.payout_account, refresh_url=refresh_url, return_url=return_url)


def _post(
    payout: Payout, kind: str, *, payable: int = 0, in_flight: int = 0, receivable: int = 0, clearing: int = 0
) -> None:
    def supplier(account: AccountKind, amount: int) -> Leg:
        return Leg("supplier", payout.supplier_id, account, payout.currency, amount)

    legs = [
        supplier(AccountKind.SUPPLIER_PAYABLE, payable),
        supplier(AccountKind.WITHDRAWAL_IN_FLIGHT, in_flight),
        supplier(AccountKind.SUPPLIER_RECEIVABLE, receivable),
        Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, payout.currency, clearing),
    ]
    ledger.post(
        tenant_id=NO_ONE,
        kind=kind,
        idempotency_key=str(payout.id),
        legs=[leg for leg in legs if leg.amount],
        subject_id=payout.id,
    )
