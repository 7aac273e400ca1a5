"""Sending money: what suppliers are owed, the same day, and withdrawals. A crash at any step loses nothing.

A payable is written with the paid order. Once it is due, one transaction makes a payout of it and moves
the ledger's money from ``supplier_payable`` to ``withdrawal_in_flight``. The gateway is called outside any
transaction with a key made from the payout's id; its answer moves the money on to ``psp_clearing``,
or back to ``supplier_payable``. A withdrawal's payout goes the same way (``withdrawals``). Every command may
be repeated. Nothing is sent while a halt is in force, nor to an account that is not able.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from billing.payments.gateway import Move, MoveStatus, gateway
from billing.payouts import postings
from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.bank_payouts import services as bank_payout_services
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.payables import services as payable_services
from billing.payouts.payables.models import Payable
from billing.payouts.transfers.models import Payout
from billing.payouts.withdrawals import services as withdrawal_services
from kernel import clock
from kernel.calls import outgoing
from kernel.calls.errors import CallError
from kernel.calls.outgoing import OutgoingCall

logger = logging.getLogger(__name__)
BATCH = 100
WAIT_FOR_MONEY = timedelta(days=3)
"""How long a withdrawal waits for money on our own balance before it goes back into the wallet."""
NO_MONEY = "balance_insufficient"


class _TransferCall(OutgoingCall[Payout, Move]):
    """Have the gateway transfer a payout."""

    def lock(self, row_id: UUID) -> Payout:
        return Payout.objects.select_for_update().get(id=row_id)

    def is_open(self, row: Payout) -> bool:
        if row.state in Payout.FINAL or (not row.external_id and _is_halted(row)):
            return False
        # What was asked for before may have happened, so only what never was is stopped here.
        if row.first_tried_at is None and not _is_able(row.destination):
            _fail(row, "account_not_able: the payee's account is not able")
            return False
        return True

    def fetch(self, row: Payout) -> Move | None:
        return gateway().fetch_transfer(row.external_id) if row.external_id else None

    def find(self, row: Payout) -> Move | None:
        return gateway().find_transfer(
            group=row.transfer_group, destination=row.destination, reference=str(row.id)
        )

    def request(self, row: Payout) -> Move:
        return gateway().transfer(
            amount=row.amount,
            currency=row.currency,
            destination=row.destination,
            group=row.transfer_group,
            source="" if row.is_prefunded else row.source_charge,
            reference=str(row.id),
            key=f"payout:{row.id}:{row.key_round}" if row.key_round else f"payout:{row.id}",
        )

    def apply(self, row: Payout, answer: Move) -> Payout:
        return apply_transfer(payout_id=row.id, move=answer)

    def refused(self, row: Payout, error: CallError) -> Payout:
        payout = self.lock(row.id)
        lacks_money = error.code == NO_MONEY and payout.key_round == row.key_round
        may_wait = payout.is_prefunded or (
            payout.withdrawal_id is not None and clock.now() - payout.requested_at < WAIT_FOR_MONEY
        )
        if payout.state in Payout.FINAL:
            return payout
        if not lacks_money or not may_wait:
            return _fail(payout, f"{error.code}: {error}")
        # Refused is certain, and the answer is kept with the key: the next try is another question.
        payout.key_round += 1
        payout.first_tried_at, payout.last_error = None, f"{error.code}: {error}"[:300]
        if payout.is_prefunded:
            payout.is_prefunded, payout.next_try_at = False, clock.now()
        payout.save(
            update_fields=["key_round", "first_tried_at", "last_error", "is_prefunded", "next_try_at"]
        )
        return payout


TRANSFER_CALL = _TransferCall()


def pay_due() -> int:
    """Pay everything that is due; return how many payouts were looked after. Must run outside transactions.

    Payees without an able account, and payables held after a failure, wait. While a halt is in force only
    what was sent already is looked at.
    """
    unfinished = [Payout.State.SENT]
    if not halt_selectors.in_force():
        payable_services.request_due()
        unfinished.append(Payout.State.REQUESTED)
    due = Payout.objects.filter(state__in=unfinished, next_try_at__lte=clock.now())
    tried = outgoing.each(
        due.order_by("next_try_at", "id").values_list("id", flat=True)[:BATCH],
        lambda payout_id: send_payout(payout_id=payout_id),
    )
    bank_payout_services.send_on()
    return tried


def send_payout(*, payout_id: UUID) -> Payout:
    """Have the gateway transfer a payout, or see how it stands. Must run outside any transaction.

    Raises nothing the gateway says: ``state`` and ``last_error`` say it. Out of reach: it is asked again with
    the same key, and looked up first once that may be forgotten. Refused: the payee has it again, a supplier
    tried anew after a while. A withdrawal for which our own balance lacks money waits a few days first.
    """
    _prefund(payout_id)
    return TRANSFER_CALL.run(payout_id)


def _is_halted(payout: Payout) -> bool:
    """Say whether a halt stops it: of all payouts, or of the shop whose people or orders it is for."""
    if payout.withdrawal is not None:
        return halt_selectors.in_force(payout.withdrawal.tenant_id)
    halted = halt_selectors.halted_shops()
    return halt_selectors.in_force() or payout.payables.filter(tenant_id__in=halted).exists()


def _is_able(destination: str) -> bool:
    return PayoutAccount.objects.filter(external_id=destination, state=PayoutAccount.State.ABLE).exists()


def _prefund(payout_id: UUID) -> None:
    """Let a payout whose charge has not arrived yet be paid from our own balance, where that is wanted.

    Decided once and written down before anything is asked for. The payee can then have it at once; a refund
    in the meantime is the payee's debt, as after any payout.
    """
    payout = Payout.objects.get(id=payout_id)
    if not settings.PAYOUT_PREFUND or not payout.source_charge or payout.first_tried_at or payout.key_round:
        return
    if not gateway().charge_is_available(payout.source_charge):
        Payout.objects.filter(id=payout_id, first_tried_at=None, state=Payout.State.REQUESTED).update(
            is_prefunded=True
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
        return _fail(payout, move.error)
    payout.external_id, payout.sent_at = move.id, payout.sent_at or clock.now()
    payout.state, payout.last_error = Payout.State.SENT, ""
    if (move.amount, move.currency) != (payout.amount, payout.currency):
        payout.last_error = f"the gateway sent {move.amount} {move.currency}"
        logger.error("a transfer has another amount", extra={"payout": str(payout_id)})
    elif move.status == MoveStatus.SUCCEEDED:
        payout.state, payout.paid_at = Payout.State.PAID, clock.now()
        # Payables before the ledger, as everywhere: a refund and this must not wait for each other.
        payable_services.lock_in_order(payout.payables.all()).update(state=Payable.State.PAID)
        postings.post(payout, "payout.paid", in_flight=-payout.amount, clearing=payout.amount)
    payout.save()
    if payout.withdrawal_id:
        withdrawal_services.follow(payout)
    return payout


def _fail(payout: Payout, error: str) -> Payout:
    """The gateway will not send it: the payee has it again, a supplier as owed, a member in the wallet.

    Must run inside a transaction, with the payout's row locked and not final.
    """
    payout.state, payout.last_error = Payout.State.FAILED, error[:300]
    payout.save(update_fields=["state", "last_error"])
    if payout.supplier_id:
        payable_services.owe_again(payout)
    else:
        withdrawal_services.mark_failed(payout)
    logger.error("a payout was refused", extra={"payout": str(payout.id), "problem": error})
    return payout
