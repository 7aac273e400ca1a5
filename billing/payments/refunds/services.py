"""Paying back: asked for in a transaction, sent outside any, applied once. Every command may be repeated."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_tenants.postgresql_backend.base import FakeTenant

from accounts.models import User
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments import limits, records
from billing.payments.clearing import clearing_leg
from billing.payments.disputes import services as dispute_services
from billing.payments.disputes.models import Dispute
from billing.payments.gateway import Move, MoveStatus, gateway
from billing.payments.payments.models import Payment
from billing.payments.purposes import Purpose, purpose_of
from billing.payments.refunds.models import Refund
from billing.payments.refunds.selectors import LOST, unapplied_receipt
from kernel import audit, clock
from kernel.calls.errors import CallError
from kernel.calls.outgoing import OutgoingCall
from kernel.errors import Conflict, InvalidInput
from kernel.money.money import format_money
from kernel.tenancy import in_tenant

logger = logging.getLogger(__name__)
DISPUTED = "charge_disputed"
"""Stripe's code where a bank holds the money: https://docs.stripe.com/error-codes"""
UNAPPLIED = "unapplied"
"""The key of the one refund by which a person sends back what reached no purpose."""
CONTRADICTIONS: dict[tuple[str, MoveStatus], str] = {
    (Refund.State.SUCCEEDED, MoveStatus.FAILED): "failed after it had succeeded",
    (Refund.State.FAILED, MoveStatus.SUCCEEDED): "went out after it had failed: it has to be booked",
}
"""What is reported of a refund that is final here: nothing is done by itself, a person looks."""


def request_refund(
    *, payment_id: UUID, amount: int, reason: str, acting_user: Any, idempotency_key: str
) -> Refund:
    """Write down that ``amount`` (minor units) goes back. Must run in a transaction; ``send_refund`` follows.

    Several refunds of one payment never exceed it. The same key again: the same refund, but a new one if the
    gateway had refused it. Raises InvalidInput for an amount that is not positive or more than is left,
    Conflict if the payment did not succeed, its money was spent or the key was used for another amount.
    """
    payment = records.lock_payment(payment_id)
    earlier = Refund.objects.filter(payment=payment, idempotency_key=idempotency_key).first()
    if earlier and earlier.state == Refund.State.FAILED:
        # It stays as a record; its key is free, or what the gateway refused once could never go back.
        earlier.idempotency_key = f"{idempotency_key[:80]}:{earlier.id}"
        earlier.save(update_fields=["idempotency_key"])
        earlier = None
    if earlier:
        if earlier.amount != amount:
            raise Conflict(
                _("this key was already used for another refund"),
                field="idempotency_key",
                value=idempotency_key,
                remedy=_("use a new key for a new refund"),
                code="idempotency_conflict",
            )
        return earlier
    if payment.state != Payment.State.SUCCEEDED:
        raise Conflict(
            _("only a payment that succeeded can be refunded"), field="payment", value=payment.state
        )
    left = payment.amount - payment.refunded
    if not isinstance(amount, int) or not 0 < amount <= left:
        raise InvalidInput(
            _("at most %(left)s can be refunded") % {"left": format_money(left, payment.currency)},
            field="amount",
            value=amount,
            remedy=_("refund less"),
        )
    limits.require_step(amount, payment.currency, payment.gateway)
    refund = write_refund(
        payment, amount=amount, reason=reason, requested_by=str(acting_user), key=idempotency_key
    )
    notify_purpose(refund, purpose_of(payment.purpose).refund_requested)
    audit.record(
        "payment.refund",
        actor=acting_user,
        object_type="payment",
        object_id=payment.id,
        object_label=payment.description,
        changes={"amount": amount, "currency": payment.currency, "refund": str(refund.id)},
        reason=reason,
        schema=payment.schema,
    )
    return refund


def send_soon(*, refund_id: UUID) -> None:
    """Have a worker send a refund once the present transaction has committed; the sweeper would, later."""
    transaction.on_commit(
        lambda: current_app.send_task(
            "billing.payments.tasks.send_refund", [str(refund_id)], ignore_result=True, retry=False
        ),
        robust=True,
    )


class _RefundCall(OutgoingCall[Refund, Move]):
    """The call that sends a refund's money. A refusal fails it, unless the money had reached no purpose."""

    first_wait, longest_wait = timedelta(seconds=15), timedelta(hours=6)

    def lock(self, row_id: UUID) -> Refund:
        return Refund.objects.select_for_update(of=("self",)).select_related("payment").get(id=row_id)

    def is_open(self, row: Refund) -> bool:
        return row.state not in Refund.FINAL

    def fetch(self, row: Refund) -> Move | None:
        return gateway(row.payment.gateway).fetch_refund(row.external_id) if row.external_id else None

    def find(self, row: Refund) -> Move | None:
        return gateway(row.payment.gateway).find_refund(intent_id=_intent_of(row), reference=str(row.id))

    def request(self, row: Refund) -> Move:
        return gateway(row.payment.gateway).refund(
            intent_id=_intent_of(row),
            amount=row.amount,
            currency=row.currency,
            reference=str(row.id),
            key=f"refund:{row.id}",
        )

    def apply(self, row: Refund, answer: Move) -> Refund:
        return apply_refund(refund_id=row.id, move=answer)

    def refused(self, row: Refund, error: CallError) -> Refund:
        problem = f"{error.code}: {error}"
        disputes = row.payment.disputes
        if error.code == DISPUTED and disputes.filter(state__in=Dispute.OPEN).exists():
            # The bank decides who has the money; then it is sent, or was taken back that way.
            return wait_for_bank(refund_id=row.id, error=problem)
        # Nobody would ask again for money that reached no purpose, so the sweeper does, unless a bank has it.
        is_lost = disputes.filter(state=Dispute.State.LOST).exists()
        give_up = keep_trying if row.is_unapplied and not is_lost else fail_refund
        return give_up(refund_id=row.id, error=problem)


REFUND_CALL = _RefundCall()


def _intent_of(refund: Refund) -> str:
    assert refund.payment.external_id is not None
    return refund.payment.external_id


def send_refund(*, refund_id: UUID) -> Refund:
    """Have the gateway send a refund, or see how it stands. Must run outside any transaction.

    Raises nothing the gateway says: ``state`` and ``last_error`` say it, and a sweeper goes on.
    """
    return REFUND_CALL.run(refund_id)


def sweep_refunds() -> int:
    """Send refunds that were requested and not finished. Returns how many were tried."""
    return REFUND_CALL.run_due(Refund.objects.filter(state__in=Refund.OPEN))


def write_refund(
    payment: Payment, *, amount: int, reason: str, requested_by: str, key: str, is_unapplied: bool = False
) -> Refund:
    """Take ``amount`` off what can still be refunded and write the refund down. The payment is locked."""
    payment.refunded += amount
    payment.save(update_fields=["refunded"])
    return Refund.objects.create(
        payment=payment,
        amount=amount,
        currency=payment.currency,
        reason=reason[:300],
        requested_by=requested_by[:200],
        idempotency_key=key,
        is_unapplied=is_unapplied,
    )


def apply_refund(*, refund_id: UUID, move: Move) -> Refund:
    """Bring a refund to where the gateway has it; once it succeeded, its purpose is notified."""
    refund = _locked_refund(refund_id)
    if refund.external_id not in (None, move.id):
        logger.error("two refunds bear one reference", extra={"refund": str(refund_id), "other": move.id})
        return refund
    if refund.state in Refund.FINAL:
        problem = CONTRADICTIONS.get((refund.state, move.status))
        if problem:
            records.report(refund.payment, f"refund {move.id} {problem}. {move.error}".strip())
            refund.payment.save(update_fields=["problem"])
        return refund
    refund.external_id = move.id
    if (move.amount, move.currency) != (refund.amount, refund.currency):
        refund.state, refund.last_error = Refund.State.SENT, f"the gateway has {move.amount} {move.currency}"
        records.report(refund.payment, f"refund {move.id} has another amount: {move.amount} {move.currency}")
        refund.payment.save(update_fields=["problem"])
        refund.save()
        return refund
    if move.status == MoveStatus.FAILED:
        refund.save(update_fields=["external_id"])
        return fail_refund(refund_id=refund_id, error=move.error)
    # What waits for somebody at the gateway says so.
    refund.state, refund.last_error = Refund.State.SENT, move.error[:300]
    if move.status == MoveStatus.SUCCEEDED:
        refund.state, refund.finished_at, refund.last_error = Refund.State.SUCCEEDED, clock.now(), ""
    refund.save()
    if refund.state == Refund.State.SUCCEEDED:
        payment = refund.payment
        purpose = purpose_of(payment.purpose)
        if refund.is_unapplied:
            records.book_unapplied(payment, refund.amount, refund.currency, returned_by=refund.id)
        elif refund.is_foreign:
            _spread(refund, purpose)
        else:
            notify_purpose(refund, purpose.refunded)
        dispute_services.follow_refunds(payment)
    return refund


def _spread(refund: Refund, purpose: Purpose) -> None:
    """Book that the provider has sent a refund by itself, and let the purpose say whose money it was."""
    legs = [clearing_leg(refund.payment.gateway, refund.currency, refund.amount)]
    _move(refund, "refund.foreign", [*legs, foreign_leg(refund, -refund.amount)])
    if purpose.foreign_refund is None:
        bear(refund, refund.amount)
    else:
        notify_purpose(refund, purpose.foreign_refund)


def foreign_leg(refund: Refund, amount: int) -> Leg:
    """Return the leg that takes ``amount`` (minor units) of what a foreign refund has sent back."""
    return Leg("tenant", refund.payment.tenant_id, AccountKind.FOREIGN_REFUND, refund.currency, amount)


def bear(refund: Refund, amount: int) -> None:
    """Let the shop bear what of a foreign refund belongs to nothing that could be clawed back."""
    margin = Leg("tenant", refund.payment.tenant_id, AccountKind.TENANT_MARGIN, refund.currency, -amount)
    _move(refund, "refund.borne", [foreign_leg(refund, amount), margin])


def _move(refund: Refund, kind: str, legs: list[Leg]) -> None:
    ledger_services.post(
        tenant_id=refund.payment.tenant_id,
        kind=kind,
        idempotency_key=str(refund.id),
        legs=legs,
        subject_id=refund.payment.reference_id,
    )


def notify_purpose(refund: Refund, callback: Callable[[Refund], None] | None) -> None:
    """Let a purpose do what follows for its own things, if it asks for this."""
    if callback is not None and not refund.is_unapplied:
        with in_tenant(FakeTenant(schema_name=refund.payment.schema)):
            callback(refund)


def keep_trying(*, refund_id: UUID, error: str) -> Refund:
    """The gateway would not send it this time: it stays requested, and the central team sees why."""
    refund = _locked_refund(refund_id)
    if refund.state not in Refund.FINAL:
        refund.last_error = error[:300]
        refund.save(update_fields=["last_error"])
        records.report(refund.payment, f"money that came too late cannot go back yet: {error}")
        refund.payment.save(update_fields=["problem"])
    return refund


def fail_refund(*, refund_id: UUID, error: str) -> Refund:
    """The gateway will not send it: the amount can be refunded anew, and the central team sees why."""
    refund = _locked_refund(refund_id)
    if refund.state in Refund.FINAL:
        return refund
    refund.state, refund.finished_at, refund.last_error = Refund.State.FAILED, clock.now(), error[:300]
    refund.save()
    records.report(refund.payment, f"a refund failed: {error}")
    refund.payment.save(update_fields=["problem"])
    if not refund.is_foreign:
        notify_purpose(refund, purpose_of(refund.payment.purpose).refund_failed)
    dispute_services.follow_refunds(refund.payment)
    return refund


def wait_for_bank(*, refund_id: UUID, error: str) -> Refund:
    """The gateway sends nothing of a disputed payment: the refund is requested until the bank decides."""
    refund = _locked_refund(refund_id)
    if refund.state not in Refund.FINAL:
        refund.last_error = error[:300]
        refund.save(update_fields=["last_error"])
    return refund


def _locked_refund(refund_id: UUID) -> Refund:
    """Return the refund with its payment, all of its disputes and itself locked, in this order."""
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(id=refund_id)
    payment = records.lock_payment(payment_id)
    list(payment.disputes.select_for_update().order_by("id"))
    refund = Refund.objects.select_for_update().get(id=refund_id)
    refund.payment = payment
    return refund


def write_unapplied(
    payment: Payment, *, amount: int, currency: str, reason: str, requested_by: str, key: str = UNAPPLIED
) -> Refund:
    """Write down that money which reached no purpose goes back. The payment is locked."""
    return Refund.objects.create(
        payment=payment,
        amount=amount,
        currency=currency,
        reason=reason[:300],
        requested_by=requested_by[:200],
        idempotency_key=key,
        is_unapplied=True,
    )


def send_back(*, payment_id: UUID, reason: str, acting_user: User) -> Refund:
    """Send what came in back to the payer. Must run outside any transaction; calls the gateway after its own.

    Again: the same refund. What the gateway refuses is tried again by the sweeper. Raises Conflict where
    nothing waits.
    """
    with transaction.atomic(durable=True):
        payment = records.lock_payment(payment_id)
        refund = payment.refunds.filter(is_unapplied=True).first()
        if refund is None:
            receipt = unapplied_receipt(payment)
            if receipt is None or payment.state not in LOST:
                raise Conflict(
                    _("no money of this payment waits to go back"), field="payment", value=payment.state
                )
            amount, currency = receipt
            refund = write_unapplied(
                payment, amount=amount, currency=currency, reason=reason, requested_by=str(acting_user)
            )
            audit.record(
                "payment.sent_back",
                actor=acting_user,
                object_type="payments.payment",
                object_id=payment.id,
                object_label=payment.description,
                changes={"amount": amount, "currency": currency, "refund": str(refund.id)},
                reason=reason,
            )
    return send_refund(refund_id=refund.id)
