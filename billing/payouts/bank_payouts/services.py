"""From the payee's account at the payment service on to the bank, followed until it has arrived.

What was transferred to one account in one currency goes on together: within minutes where the bank takes
that, else by a standard payout as soon as the payment service has the money. What a bank gives back lies on
the payee's account and goes out anew: by a standard payout at once after an instant one, else after a day, or
as soon as the payee has named another bank account.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from billing.payments import limits
from billing.payments.gateway import Move, MoveStatus, PayeeBalance, PayoutMethod, gateway
from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.transfers.models import Payout
from kernel import clock
from kernel.calls import outgoing
from kernel.calls.errors import CallError
from kernel.calls.outgoing import OutgoingCall
from kernel.database.unit_of_work import lock_name

logger = logging.getLogger(__name__)
BATCH = 50
SEND_ANEW = timedelta(days=1)
"""How long after it came back a payout goes out again, unless the payee changes the bank account before."""
Method, State = BankPayout.Method, BankPayout.State


class _BankPayoutCall(OutgoingCall[BankPayout, Move]):
    """Ask for a payout to a bank, and see how it stands."""

    longest_wait = timedelta(hours=6)

    def lock(self, row_id: UUID) -> BankPayout:
        return BankPayout.objects.select_for_update(of=("self",)).select_related("account").get(id=row_id)

    def is_open(self, row: BankPayout) -> bool:
        return row.state in BankPayout.OPEN

    def fetch(self, row: BankPayout) -> Move | None:
        return gateway().fetch_payout(_account_id(row), row.external_id) if row.external_id else None

    def find(self, row: BankPayout) -> Move | None:
        return gateway().find_payout(account=_account_id(row), reference=str(row.id))

    def request(self, row: BankPayout) -> Move:
        return gateway().payout(
            account=_account_id(row),
            amount=row.amount,
            currency=row.currency,
            method=PayoutMethod(row.method),
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
    """Send on what was transferred, and see how what is on its way stands; return how many were asked about.

    Must run outside any transaction. Safe to run side by side and again. While a halt is in force nothing new
    is asked for; what is on its way is followed all the same.
    """
    unfinished = BankPayout.objects.filter(state__in=BankPayout.OPEN)
    if halt_selectors.in_force():
        unfinished = unfinished.exclude(external_id=None)
    else:
        outgoing.each(_accounts_with_money().values_list("id", flat=True)[:BATCH], _send_on_from)
    return BANK_PAYOUT_CALL.run_due(unfinished)


def _waiting() -> QuerySet[Payout]:
    return Payout.objects.filter(state=Payout.State.PAID, bank_payout=None, amount__gt=0)


def _came_back() -> QuerySet[BankPayout]:
    return BankPayout.objects.filter(state=State.FAILED, replaced_by=None, next_try_at__lte=clock.now())


def _accounts_with_money() -> QuerySet[PayoutAccount]:
    """Return the accounts from which something has to go on, the one looked at longest ago first."""
    has_money = Q(external_id__in=_waiting().values("destination")) | Q(id__in=_came_back().values("account"))
    able = PayoutAccount.objects.filter(has_money, state=PayoutAccount.State.ABLE)
    return able.order_by(F("balance_seen_at").asc(nulls_first=True), "id")


def _send_on_from(account_id: UUID) -> None:
    account = PayoutAccount.objects.get(id=account_id)
    destination = account.external_id or ""
    # Said first: an account that gives no answer must not keep others from their turn.
    PayoutAccount.objects.filter(id=account_id).update(balance_seen_at=clock.now())
    currencies = {*_waiting().filter(destination=destination).values_list("currency", flat=True)}
    currencies |= {*_came_back().filter(account=account).values_list("currency", flat=True)}
    for currency in sorted(currencies):
        try:
            balance = gateway().payee_balance(destination, currency)
        except CallError as error:
            logger.warning("no balance of a payee", extra={"account": destination, "problem": str(error)})
            continue
        with transaction.atomic(durable=True):
            _write_batches(account, currency, balance)


@dataclass(slots=True)
class _Batch:
    """Payouts that go on together: new ones, and those of batches that came back. Minor units."""

    method: BankPayout.Method
    payouts: list[Payout] = field(default_factory=list)
    came_back: list[BankPayout] = field(default_factory=list)
    amount: int = 0


def _write_batches(account: PayoutAccount, currency: str, balance: PayeeBalance | None) -> None:
    """Write what goes on now; what the account does not have yet waits for the next look."""
    lock_name(f"bank {account.external_id} {currency}")
    waiting = list(_waiting().filter(destination=account.external_id, currency=currency).order_by("id"))
    if balance is None:
        _arrived_with_transfer(account, currency, waiting)
        return
    came_back = list(_came_back().filter(account=account, currency=currency).order_by("id"))
    rest = _cover(account, currency, waiting)
    # What another batch has asked for may still be in the figures, and what was left behind goes along.
    asked_for = BankPayout.objects.filter(account=account, currency=currency, state=State.REQUESTED)
    reserved = _sum(asked_for) + rest
    left, instant_left = balance.available - reserved, balance.instant - reserved
    instant, standard = _Batch(Method.INSTANT), _Batch(Method.STANDARD)
    for bank_payout in came_back:
        if bank_payout.amount <= left:
            standard.came_back.append(bank_payout)
            standard.amount += bank_payout.amount
            left, instant_left = left - bank_payout.amount, instant_left - bank_payout.amount
    for payout in waiting:
        batch = instant if payout.amount <= instant_left else standard
        if batch is instant or payout.amount <= left:
            batch.payouts.append(payout)
            batch.amount += payout.amount
            left, instant_left = left - payout.amount, instant_left - payout.amount
    for batch in (instant, standard):
        if batch.amount:
            rest = _write(account, currency, batch, rest)


def _cover(account: PayoutAccount, currency: str, waiting: list[Payout]) -> int:
    """Return what earlier batches left on the account because banks take no such small amounts.

    Below zero if the payee took out more there than was sent on: with that, payouts that ``waiting`` then no
    longer holds are in the bank already.
    """
    gone = BankPayout.objects.filter(account=account, currency=currency, replaced_by=None).order_by("id")
    sent = Payout.objects.filter(destination=account.external_id, currency=currency, bank_payout__in=gone)
    rest = _sum(sent) - _sum(gone)
    while waiting and rest + waiting[0].amount <= 0:
        rest += waiting[0].amount
        Payout.objects.filter(id=waiting.pop(0).id).update(bank_payout=gone.last())
    return rest


def _sum(rows: QuerySet[Payout] | QuerySet[BankPayout]) -> int:
    return int(rows.aggregate(amount=Sum("amount"))["amount"] or 0)


def _write(account: PayoutAccount, currency: str, batch: _Batch, rest: int) -> int:
    """Write a batch with what was left behind; return what is left behind by it."""
    amount = batch.amount + rest
    amount -= amount % limits.require_currency(currency).payout_step
    if amount <= 0:
        return rest
    bank_payout = BankPayout.objects.create(
        account=account, currency=currency, amount=amount, method=batch.method
    )
    for earlier in batch.came_back:
        earlier.payouts.update(bank_payout=bank_payout)
        earlier.replaced_by = bank_payout
        earlier.save(update_fields=["replaced_by"])
    Payout.objects.filter(id__in=[payout.id for payout in batch.payouts]).update(bank_payout=bank_payout)
    return batch.amount + rest - amount


def _arrived_with_transfer(account: PayoutAccount, currency: str, payouts: list[Payout]) -> None:
    for payout in payouts:
        bank_payout = BankPayout.objects.create(
            account=account,
            currency=currency,
            amount=payout.amount,
            method=Method.DIRECT,
            state=State.PAID,
            arrived_at=payout.paid_at or clock.now(),
        )
        Payout.objects.filter(id=payout.id).update(bank_payout=bank_payout)


def apply_bank_payout(*, bank_payout_id: UUID, move: Move) -> BankPayout:
    """Bring a batch to where the payment service has it. Must run inside a transaction.

    A bank may give back what had arrived: that is noted too. What came back once stays so: it goes
    out anew as another row.
    """
    row = BankPayout.objects.select_for_update().get(id=bank_payout_id)
    if row.state == State.FAILED or row.external_id not in (None, move.id):
        return row
    row.external_id = move.id or row.external_id
    row.arrives_at = move.arrives_at or row.arrives_at
    if move.status == MoveStatus.FAILED:
        row.state, row.last_error = State.FAILED, move.error[:300]
        is_instant = row.method == Method.INSTANT
        row.next_try_at = clock.now() + (timedelta() if is_instant else SEND_ANEW)
        logger.error("a payout did not reach the bank", extra={"bank_payout": str(row.id), "why": move.error})
    elif row.state != State.PAID:
        row.state, row.last_error = State.SENT, ""
        if move.status == MoveStatus.SUCCEEDED:
            row.state, row.arrived_at = State.PAID, clock.now()
    row.save()
    return row


def record_foreign(*, account_external_id: str, move: Move) -> BankPayout | None:
    """Take note of a payout that the payee made at the payment service. Must run inside a transaction.

    Again: the same row. None if the account is not one of ours.
    """
    account = PayoutAccount.objects.filter(external_id=account_external_id).first()
    if account is None:
        logger.error("a payout from an account that is not ours", extra={"account": account_external_id})
        return None
    row, _created = BankPayout.objects.get_or_create(
        external_id=move.id,
        defaults={
            "account": account,
            "currency": move.currency,
            "amount": move.amount,
            "method": Method.STANDARD,
            "state": State.SENT,
        },
    )
    return apply_bank_payout(bank_payout_id=row.id, move=move)


def send_anew(*, account_id: UUID) -> int:
    """Let what came back from a payee's bank go out anew now: the account behind it has changed.

    Returns how many batches that concerns; the next ``send_on`` sends them.
    """
    came_back = BankPayout.objects.filter(account_id=account_id, state=State.FAILED, replaced_by=None)
    return came_back.update(next_try_at=clock.now())
