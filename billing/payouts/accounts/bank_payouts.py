"""From the payee's account at the payment service on to the bank: within minutes where that is possible.

What was transferred to one account in one currency goes on together. The payment service says how much of it
can be in the bank at once; the rest, and everything where it cannot, follows the service's own timetable.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from billing.payments.gateway import (
    Gateway,
    GatewayError,
    GatewayUnavailable,
    Move,
    MoveStatus,
    PayoutMethod,
    gateway,
    only_looking,
)
from billing.payouts.controls import halts
from billing.payouts.models import BankPayout, Payout, PayoutAccount
from kernel import clock
from kernel.unit_of_work import lock_name

logger = logging.getLogger(__name__)
BATCH = 50
KEY_LIFE = timedelta(hours=23)
RETRY_FIRST, RETRY_LONGEST = timedelta(seconds=10), timedelta(hours=1)
Method, State = BankPayout.Method, BankPayout.State


def send_on() -> int:
    """Send on what was transferred; return how many batches were looked after. Outside any transaction.

    Safe to run side by side and again. Nothing new is asked for while a halt is in force.
    """
    if halts.in_force():
        return 0
    batches = (
        Payout.objects.filter(state=Payout.State.PAID, bank_payout=None, amount__gt=0)
        .values("destination", "currency")
        .annotate(amount=Sum("amount"))
        .order_by("destination", "currency")[:BATCH]
    )
    for batch in batches:
        try:
            _decide(gateway(), batch["destination"], batch["currency"])
        except GatewayError as error:
            logger.warning(
                "no batch for a bank", extra={"account": batch["destination"], "problem": str(error)}
            )
    waiting = list(
        BankPayout.objects.filter(state__in=[State.REQUESTED, State.SENT], next_try_at__lte=clock.now())
        .order_by("next_try_at", "id")
        .values_list("id", flat=True)[:BATCH]
    )
    for bank_payout_id in waiting:
        try:
            send(bank_payout_id=bank_payout_id)
        except Exception:
            logger.exception("a bank payout could not be gone on with", extra={"payout": str(bank_payout_id)})
    return len(waiting)


def _decide(provider: Gateway, destination: str, currency: str) -> None:
    account = PayoutAccount.objects.filter(external_id=destination).first()
    if account is None:
        return
    at_once = provider.instant_available(destination, currency)
    with transaction.atomic(durable=True):
        lock_name(f"bank {destination} {currency}")
        payouts = list(
            Payout.objects.filter(
                state=Payout.State.PAID,
                bank_payout=None,
                amount__gt=0,
                destination=destination,
                currency=currency,
            ).order_by("id")
        )
        # What a batch before this one asked for is still in the figure.
        pending = BankPayout.objects.filter(account=account, currency=currency, state=State.REQUESTED)
        at_once -= pending.aggregate(amount=Sum("amount"))["amount"] or 0
        parts: dict[BankPayout.Method, list[Payout]] = {Method.INSTANT: [], Method.STANDARD: []}
        for payout in payouts:
            method = Method.INSTANT if payout.amount <= at_once else Method.STANDARD
            at_once -= payout.amount if method == Method.INSTANT else 0
            parts[method].append(payout)
        for method, part in parts.items():
            if part:
                bank_payout = BankPayout.objects.create(
                    account=account,
                    currency=currency,
                    amount=sum(payout.amount for payout in part),
                    method=method,
                    state=State.REQUESTED if method == Method.INSTANT else State.SCHEDULED,
                )
                Payout.objects.filter(id__in=[payout.id for payout in part]).update(bank_payout=bank_payout)


def send(*, bank_payout_id: UUID) -> BankPayout:
    """Ask for an instant payout, or see how it stands. Must run outside any transaction."""
    with transaction.atomic(durable=True):
        row = BankPayout.objects.select_for_update().select_related("account").get(id=bank_payout_id)
        if row.state in BankPayout.FINAL:
            return row
        tried_at = row.first_tried_at
        row.first_tried_at = tried_at or clock.now()
        row.attempts += 1
        row.next_try_at = clock.now() + min(RETRY_FIRST * 2 ** min(row.attempts, 12), RETRY_LONGEST)
        row.save(update_fields=["first_tried_at", "attempts", "next_try_at"])
    try:
        move = _ask(gateway(), row, key_is_old=tried_at is not None and clock.now() - tried_at > KEY_LIFE)
    except GatewayUnavailable as error:
        BankPayout.objects.filter(id=row.id).update(last_error=str(error)[:300])
        row.refresh_from_db()
        return row
    except GatewayError as error:
        move = Move(
            id="",
            status=MoveStatus.FAILED,
            amount=row.amount,
            currency=row.currency,
            error=f"{error.code}: {error}",
        )
    with transaction.atomic(durable=True):
        return apply(bank_payout_id=row.id, move=move)


def _ask(provider: Gateway, row: BankPayout, *, key_is_old: bool) -> Move:
    account = row.account.external_id or ""
    with only_looking():
        if row.external_id:
            return provider.fetch_payout(account, row.external_id)
        if key_is_old and (move := provider.find_payout(account=account, reference=str(row.id))):
            return move
    return provider.payout(
        account=account,
        amount=row.amount,
        currency=row.currency,
        method=PayoutMethod.INSTANT,
        reference=str(row.id),
        key=f"bank:{row.id}",
    )


def apply(*, bank_payout_id: UUID, move: Move) -> BankPayout:
    """Bring a batch to where the payment service has it. Must run inside a transaction.

    One that failed stays on the payee's account and goes on by the standard timetable. A bank may give back
    what was paid: that is news even of a final state.
    """
    row = BankPayout.objects.select_for_update().get(id=bank_payout_id)
    if row.state in {State.SCHEDULED, State.FAILED}:
        return row
    row.external_id = move.id or row.external_id
    row.arrives_at = move.arrives_at or row.arrives_at
    if move.status == MoveStatus.FAILED:
        row.state, row.last_error = State.FAILED, move.error[:300]
    elif row.state != State.PAID:
        row.state = State.PAID if move.status == MoveStatus.SUCCEEDED else State.SENT
        row.last_error = ""
    row.save()
    return row
