"""Being paid: opened with what is paid, placed at a gateway, applied once. Every command may be repeated.

States only move forward: what is final stays, whatever comes late. An amount or a currency that differs
from ours is never accepted: it is written down as a problem for the central team.
"""

import logging
from datetime import timedelta
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_tenants.postgresql_backend.base import FakeTenant

from billing.payments import limits, records
from billing.payments.gateway import Intent, IntentStatus, gateway
from billing.payments.payments import declines
from billing.payments.payments.models import Payment
from billing.payments.purposes import PaidTooLate, purpose_of
from billing.payments.refunds import services as payment_refund_services
from kernel import clock
from kernel.calls import outgoing
from kernel.calls.errors import CallError, CallRefused, NoClearAnswer
from kernel.calls.outgoing import OutgoingCall
from kernel.database import unit_of_work
from kernel.database.unit_of_work import lock_name
from kernel.errors import Conflict, NotFound
from kernel.money.money import format_money, require_positive
from kernel.tenancy import TenantLike, in_tenant

logger = logging.getLogger(__name__)
STATES = {
    IntentStatus.WAITING: Payment.State.CREATED,
    IntentStatus.REQUIRES_ACTION: Payment.State.REQUIRES_ACTION,
    IntentStatus.PROCESSING: Payment.State.PROCESSING,
    IntentStatus.SUCCEEDED: Payment.State.SUCCEEDED,
    IntentStatus.CANCELLED: Payment.State.CANCELLED,
}
LOOK_AGAIN = timedelta(seconds=60), timedelta(hours=6)
NEXT_TURN, BATCH = timedelta(minutes=5), 50
GIVE_UP = timedelta(hours=24)
TOO_LATE = "too-late"


def open_payment(
    *,
    tenant: TenantLike,
    purpose: str,
    reference_id: UUID,
    amount: int,
    currency: str,
    description: str,
    is_new: bool = False,
) -> Payment:
    """Write down that ``reference_id`` is to be paid. Must run inside a transaction; calls nothing outside.

    Again for the same reference: the payment that is open or done; who has just made the reference says
    ``is_new``, and saves asking. Raises InvalidInput for an amount or a currency that the shop's gateway
    does not take (``limits``), Conflict if it is open with another amount or currency.
    """
    purpose_of(purpose)
    provider = getattr(tenant, "gateway", "") or settings.PAYMENT_GATEWAY
    require_positive(amount, currency)
    limits.require_amount(amount, currency, provider)
    earlier = None if is_new else _open_or_done(purpose, reference_id)
    if earlier is None:
        payment = Payment(
            tenant_id=tenant.id,
            schema=tenant.schema_name,
            purpose=purpose,
            reference_id=reference_id,
            amount=amount,
            currency=currency,
            description=description[:200],
            gateway=provider,
        )
        unit_of_work.insert([payment])
        return payment
    if (earlier.amount, earlier.currency) != (amount, currency):
        raise Conflict(
            _("a payment over %(amount)s is open already")
            % {"amount": format_money(earlier.amount, earlier.currency)},
            field="amount",
            value=amount,
            remedy=_("finish or cancel it first"),
            code="payment_open",
        )
    return earlier


def _open_or_done(purpose: str, reference_id: UUID) -> Payment | None:
    lock_name(f"payment {purpose} {reference_id}")
    standing = Payment.objects.filter(purpose=purpose, reference_id=reference_id)
    return standing.exclude(state__in=[Payment.State.FAILED, Payment.State.CANCELLED]).first()


class _PaymentCall(OutgoingCall[Payment, Intent]):
    """Make a payment known to the gateway."""

    first_wait, longest_wait = timedelta(seconds=15), timedelta(hours=6)

    def lock(self, row_id: UUID) -> Payment:
        return records.lock_payment(row_id)

    def is_open(self, row: Payment) -> bool:
        return not row.external_id and row.state not in Payment.FINAL

    def find(self, row: Payment) -> Intent | None:
        return gateway(row.gateway).find_intent(_reference(row))

    def request(self, row: Payment) -> Intent:
        return _close_replaced(row) or _place(row)

    def apply(self, row: Payment, answer: Intent) -> Payment:
        return apply_intent(payment_id=row.id, intent=answer)

    def refused(self, row: Payment, error: CallError) -> Payment:
        return _note_error(row.id, error)

    def unclear(self, row: Payment, error: NoClearAnswer) -> Payment:
        return note_unreachable(row.id, error)


PAYMENT_CALL = _PaymentCall()


def start(*, payment_id: UUID) -> Payment:
    """Make the payment known to the gateway, so that the member can pay. Must run outside any transaction.

    If the gateway cannot be reached ``last_error`` says so and a sweeper goes on; nothing is raised.
    """
    return PAYMENT_CALL.run(payment_id)


def place_for(*, payment_id: UUID, payer: str) -> Payment:
    """Have a payment made by ``payer`` inside the provider's app, or with "" by whoever reads the code.

    Must run outside any transaction. It is then open in one place only: where it was placed before, it is
    closed first, and stays there if it is just being paid. ``client_secret`` is fresh: what a page inside
    an app is given does not last. If the gateway cannot be reached ``last_error`` says so.
    """
    payment = Payment.objects.get(id=payment_id)
    if payment.first_tried_at and payment.external_id is None:
        # Only what is known can be closed.
        payment = start(payment_id=payment_id)
        if payment.external_id is None:
            return payment
    with transaction.atomic(durable=True):
        payment = records.lock_payment(payment_id)
        if payment.state != Payment.State.CREATED:
            return payment
        is_there = payment.external_id is not None and payment.payer == payer
        if not is_there:
            if payment.external_id:
                payment.replaces, payment.external_id = payment.external_id, None
                payment.turn += 1
            payment.payer, payment.client_secret = payer, ""
            payment.save(update_fields=["replaces", "external_id", "turn", "payer", "client_secret"])
    if not is_there:
        return start(payment_id=payment_id)
    try:
        return apply_answer(payment_id, _place(payment))
    except CallRefused:
        return sync(payment_id=payment_id)
    except NoClearAnswer as error:
        return note_unreachable(payment_id, error)


def _place(payment: Payment) -> Intent:
    reference = _reference(payment)
    return gateway(payment.gateway).create_intent(
        amount=payment.amount,
        currency=payment.currency,
        group=str(payment.reference_id),
        reference=reference,
        description=payment.description,
        key=f"payment:{reference}",
        payer=payment.payer,
    )


def _reference(payment: Payment) -> str:
    return f"{payment.id}.{payment.turn}" if payment.turn else str(payment.id)


def _close_replaced(payment: Payment) -> Intent | None:
    """Close what this payment was placed as before; return that instead if it is being paid, or was."""
    if not payment.replaces:
        return None
    provider = gateway(payment.gateway)
    try:
        before = provider.cancel_intent(payment.replaces, key=f"cancel:{payment.replaces}")
    except CallRefused:
        before = provider.fetch_intent(payment.replaces)
    if before.status == IntentStatus.WAITING:
        raise NoClearAnswer("what was placed before cannot be closed yet", "not_closed")
    return None if before.status == IntentStatus.CANCELLED else before


def sync(*, payment_id: UUID) -> Payment:
    """Ask the gateway how a payment stands and do what follows from it. Must run outside any transaction."""
    payment = Payment.objects.filter(id=payment_id).first()
    if payment is None:
        raise NotFound(_("there is no such payment"), field="payment", value=payment_id)
    if payment.external_id is None:
        return start(payment_id=payment_id) if payment.first_tried_at else payment
    if payment.state in Payment.FINAL:
        return payment
    try:
        intent = gateway(payment.gateway).fetch_intent(payment.external_id)
    except (NoClearAnswer, CallRefused) as error:
        return note_unreachable(payment_id, error)
    return apply_answer(payment_id, intent)


def cancel_payment(*, payment_id: UUID) -> Payment:
    """Give an unpaid payment up, at the gateway too. Must run outside any transaction. Paid stays paid."""
    payment = Payment.objects.get(id=payment_id)
    if payment.external_id is None and (payment.replaces or outgoing.key_is_old(payment.first_tried_at)):
        try:
            lost = _close_replaced(payment) or gateway(payment.gateway).find_intent(_reference(payment))
        except (NoClearAnswer, CallRefused) as error:
            return note_unreachable(payment_id, error)
        if lost is not None:
            payment = apply_answer(payment_id, lost)
    if payment.external_id is None or payment.state in Payment.FINAL:
        with transaction.atomic(durable=True):
            payment = records.lock_payment(payment_id)
            # While a call may be under way there may be an intent unknown to us; later we have looked.
            unknown = payment.first_tried_at is None or outgoing.key_is_old(payment.first_tried_at)
            if payment.external_id is None and unknown and payment.state not in Payment.FINAL:
                payment.state = Payment.State.CANCELLED
                payment.save(update_fields=["state"])
        return payment
    try:
        intent = gateway(payment.gateway).cancel_intent(payment.external_id, key=f"cancel:{payment.id}")
    except CallRefused:
        return sync(payment_id=payment_id)
    except NoClearAnswer as error:
        return note_unreachable(payment_id, error)
    return apply_answer(payment_id, intent)


def cancel_soon(*, payment_id: UUID) -> None:
    """Have a worker give an unpaid payment up once the present transaction has committed.

    Should the worker miss it, the sweeper gives it up after a day, and money that comes meanwhile goes back.
    """
    transaction.on_commit(
        lambda: current_app.send_task(
            "billing.payments.tasks.cancel_payment", [str(payment_id)], ignore_result=True, retry=False
        ),
        robust=True,
    )


def apply_answer(payment_id: UUID, intent: Intent) -> Payment:
    """Apply what the gateway answered, in a transaction of its own."""
    with transaction.atomic(durable=True):
        return apply_intent(payment_id=payment_id, intent=intent)


def note_unreachable(payment_id: UUID, error: CallError) -> Payment:
    """Write down that there was no answer, or a refusal; the payment stays open."""
    with transaction.atomic(durable=True):
        return _note_error(payment_id, error)


def _note_error(payment_id: UUID, error: CallError) -> Payment:
    payment = records.lock_payment(payment_id)
    if payment.state not in Payment.FINAL:
        code = declines.UNREACHABLE if isinstance(error, NoClearAnswer) else error.code
        payment.last_error, payment.error_code = str(error)[:300], code[:60]
        payment.save(update_fields=["last_error", "error_code"])
    return payment


def apply_intent(*, payment_id: UUID, intent: Intent) -> Payment:
    """Bring a payment to where the gateway has it, and do what its purpose wants done."""
    payment = records.lock_payment(payment_id)
    if intent.id == payment.replaces:
        if intent.status in {IntentStatus.WAITING, IntentStatus.CANCELLED}:
            return payment
        if payment.external_id is None and payment.state not in Payment.FINAL:
            # It is being paid where it was placed before: there it stays.
            payment.payer, payment.replaces = "", ""
    if payment.external_id not in (None, intent.id):
        records.report(payment, f"another intent of the gateway bears this reference: {intent.id}")
        payment.save(update_fields=["problem"])
        return payment
    payment.external_id, payment.charge_id = intent.id, intent.charge_id or payment.charge_id
    if payment.state in Payment.FINAL:
        if intent.status == IntentStatus.SUCCEEDED and payment.state != Payment.State.SUCCEEDED:
            # Once, however often it is reported: it waits for a person to send it back.
            records.book_unapplied(payment, intent.received, intent.currency)
            if payment.state == Payment.State.CANCELLED:
                records.report(payment, "the gateway charged it after it was cancelled")
        payment.save(update_fields=["external_id", "charge_id", "problem"])
        return payment
    payment.client_secret = intent.client_secret or payment.client_secret
    payment.next_action_url = intent.next_action_url
    payment.last_error, payment.error_code = intent.error[:300], intent.error_code[:60]
    age = clock.now() - payment.created_at
    payment.next_try_at = clock.now() + min(max(LOOK_AGAIN[0], age / 2), LOOK_AGAIN[1])
    if (intent.amount, intent.currency) != (payment.amount, payment.currency) or (
        intent.status == IntentStatus.SUCCEEDED and intent.received != payment.amount
    ):
        _refuse(payment, intent)
    else:
        payment.state = STATES[intent.status]
        if payment.state == Payment.State.SUCCEEDED:
            payment.succeeded_at, payment.last_error, payment.error_code = clock.now(), "", ""
    payment.save()
    if payment.state == Payment.State.SUCCEEDED:
        _paid(payment)
    elif payment.state in Payment.FINAL:
        failed = purpose_of(payment.purpose).failed
        if failed is not None:
            with in_tenant(FakeTenant(schema_name=payment.schema)):
                failed(payment)
    return payment


def _paid(payment: Payment) -> None:
    try:
        with in_tenant(FakeTenant(schema_name=payment.schema)):
            purpose_of(payment.purpose).paid(payment)
    except PaidTooLate as reason:
        logger.warning("paid too late, the money goes back", extra={"payment": str(payment.id)})
        records.book_unapplied(payment, payment.amount, payment.currency)
        payment_refund_services.write_refund(
            payment,
            amount=payment.amount,
            reason=f"paid too late: {reason}",
            requested_by="payments",
            key=TOO_LATE,
            is_unapplied=True,
        )


def _refuse(payment: Payment, intent: Intent) -> None:
    if intent.status == IntentStatus.SUCCEEDED and intent.received > 0:
        records.book_unapplied(payment, intent.received, intent.currency)
    payment.state = Payment.State.FAILED
    records.report(
        payment,
        f"expected {payment.amount} {payment.currency}, the gateway has {intent.amount} {intent.currency}"
        f" and received {intent.received}",
    )


def sweep_payments() -> int:
    """Ask about payments of which nothing was reported, give up those unpaid for a day.

    Returns how many were looked at.
    """
    now = clock.now()
    unfinished = Payment.objects.filter(state__in=Payment.OPEN, first_tried_at__isnull=False)
    waiting = {
        payment.id: payment
        for payment in unfinished.filter(next_try_at__lte=now).order_by("next_try_at")[:BATCH]
    }

    def go_on(payment_id: UUID) -> None:
        # Said first: what fails whenever it is asked about must not keep others from their turn.
        Payment.objects.filter(id=payment_id, next_try_at__lte=now).update(next_try_at=now + NEXT_TURN)
        payment = waiting[payment_id]
        is_over = payment.state != Payment.State.PROCESSING and now - payment.created_at > GIVE_UP
        (cancel_payment if is_over else sync)(payment_id=payment_id)

    return outgoing.each(waiting, go_on)
