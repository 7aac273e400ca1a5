"""From the payee's account at the payment service on to the bank: within minutes where that is possible.

What was transferred to one account in one currency goes on together. The payment service says how much of it
can be in the bank at once; the rest, and everything where it cannot, follows the service's own timetable.
"""

import logging
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from billing.payments.gateway import Move, MoveStatus, PayoutMethod, gateway
from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.transfers.models import Payout
from kernel.calls.errors import CallError
from kernel.calls.outgoing import OutgoingCall
from kernel.database.unit_of_work import lock_name

logger = logging.getLogger(__name__)
BATCH = 50
Method, State = BankPayout.Method, BankPayout.State


class _BankPayoutCall(OutgoingCall[BankPayout, Move]):
    """Ask for an instant payout."""

    def lock(self, row_id: UUID) -> BankPayout:
        return BankPayout.objects.select_for_update(of=("self",)).select_related("account").get(id=row_id)

    def is_open(self, row: BankPayout) -> bool:
        return row.state not in BankPayout.FINAL

    def fetch(self, row: BankPayout) -> Move | None:
        return gateway().fetch_payout(_account_id(row), row.external_id) if row.external_id else None

    def find(self, row: BankPayout) -> Move | None:
        return gateway().find_payout(account=_account_id(row), reference=str(row.id))

    def request(self, row: BankPayout) -> Move:
        return gateway().payout(
            account=_account_id(row),
            amount=row.amount,
            currency=row.currency,
            method=PayoutMethod.INSTANT,
            reference=str(row.id),
            key=f"bank:{row.id}",
        )

    def apply(self, row: BankPayout, answer: Move) -> BankPayout:
        return apply_bank_payout(bank_payout_id=row.id, move=answer)

    def refused(self, row: BankPayout, error: CallError) -> BankPayout:
        move = Move("", MoveStatus.FAILED, row.amount, row.currency, f"{error.code}: {error}")
        return apply_bank_payout(bank_payout_id=row.id, move=move)


BANK_PAYOUT_CALL = _BankPayoutCall()


def _account_id(bank_payout: BankPayout) -> str:
    return bank_payout.account.external_id or ""


def send_on() -> int:
    """Send on what was transferred; return how many batches were looked after. Outside any transaction.

    Safe to run side by side and again. Nothing new is asked for while a halt is in force.
    """
    if halt_selectors.in_force():
        return 0
    batches = (
        Payout.objects.filter(state=Payout.State.PAID, bank_payout=None, amount__gt=0)
        .values("destination", "currency")
        .annotate(amount=Sum("amount"))
        .order_by("destination", "currency")[:BATCH]
    )
    for batch in batches:
        try:
            _decide(batch["destination"], batch["currency"])
        except CallError as error:
            logger.warning(
                "no batch for a bank", extra={"account": batch["destination"], "problem": str(error)}
            )
    return BANK_PAYOUT_CALL.run_due(BankPayout.objects.filter(state__in=BankPayout.OPEN))


def _decide(destination: str, currency: str) -> None:
    account = PayoutAccount.objects.filter(external_id=destination).first()
    if account is None:
        return
    at_once = gateway().instant_available(destination, currency)
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


def apply_bank_payout(*, bank_payout_id: UUID, move: Move) -> BankPayout:
    """Bring a batch to where the payment service has it. Must run inside a transaction.

    One that failed stays on the payee's account and goes on by the standard timetable. A bank may give back
    what was paid: that is reported even of a final state.
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
