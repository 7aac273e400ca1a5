"""Being paid and paying back. Every command may be repeated.

The order of things is always: write down what is meant, call the gateway outside any transaction
with a key made from the row's id, write down what it said. A crash between two steps loses nothing, for
the sweepers repeat the call with the same key, or look the object up when the key is too old.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from billing.payments import declines, outcomes
from billing.payments.gateway import (
    Gateway,
    GatewayDeclined,
    GatewayRefused,
    GatewayUnavailable,
    Intent,
    IntentStatus,
    Move,
    gateway,
    only_looking,
)
from billing.payments.models import Payment, Refund
from billing.payments.purposes import purpose_of
from kernel import audit, clock, unit_of_work
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.money import format_money, require_positive
from kernel.tenancy import TenantLike
from kernel.unit_of_work import lock_name

KEY_LIFE = timedelta(hours=23)
"""Stripe forgets an idempotency key after 24 hours; from then on we look before we repeat."""
RETRY_FIRST, RETRY_LONGEST = timedelta(seconds=30), timedelta(hours=6)
TEST_CARDS = {
    "success": "pm_card_visa",
    "declined": "pm_card_chargeDeclined",
    "insufficient_funds": "pm_card_chargeDeclinedInsufficientFunds",
    "three_d_secure": "pm_card_threeDSecure2Required",
    "dispute": "pm_card_createDispute",
}


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
    ``is_new``, and saves asking. Raises InvalidInput for an amount that
    is not between 1 minor unit and MAX_AMOUNT, Conflict if it is open with another amount or currency.
    """
    purpose_of(purpose)
    require_positive(amount, currency)
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
            gateway=getattr(tenant, "gateway", "") or settings.PAYMENT_GATEWAY,
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


def start(*, payment_id: UUID) -> Payment:
    """Make the payment known to the gateway, so that the member can pay. Must run outside any transaction.

    If the gateway cannot be reached ``last_error`` says so and a sweeper goes on; nothing is raised.
    """
    with transaction.atomic(durable=True):
        payment = outcomes.locked_payment(payment_id)
        if payment.external_id or payment.state in Payment.FINAL:
            return payment
        first_try = payment.first_tried_at is None
        payment.first_tried_at = payment.first_tried_at or clock.now()
        payment.next_check_at = _later(payment.created_at)
        payment.save(update_fields=["first_tried_at", "next_check_at"])
    may_have_lapsed = not first_try and _key_is_old(payment.first_tried_at)
    try:
        intent = _close_replaced(payment) or _place(payment, may_have_lapsed=may_have_lapsed)
    except (GatewayUnavailable, GatewayRefused) as error:
        return _not_reached(payment_id, error)
    return _apply(payment_id, intent)


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
        payment = outcomes.locked_payment(payment_id)
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
        return _apply(payment_id, _place(payment))
    except GatewayRefused:
        return sync(payment_id=payment_id)
    except GatewayUnavailable as error:
        return _not_reached(payment_id, error)


def _place(payment: Payment, *, may_have_lapsed: bool = False) -> Intent:
    provider, reference = gateway(payment.gateway), _reference(payment)
    if may_have_lapsed and (intent := provider.find_intent(reference)):
        return intent
    return provider.create_intent(
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
    except GatewayRefused:
        before = provider.fetch_intent(payment.replaces)
    if before.status == IntentStatus.WAITING:
        raise GatewayUnavailable("what was placed before cannot be closed yet", "not_closed")
    return None if before.status == IntentStatus.CANCELLED else before


def confirm_with_test_card(*, payment_id: UUID, card: str, return_url: str = "") -> Payment:
    """Pay with one of TEST_CARDS, in the sandbox only. Must run outside any transaction.

    A decline is not raised: the payment's ``error_text`` says why, and another card may follow. With
    3-D Secure the state is ``requires_action`` and ``next_action_url`` the bank's page, which leads back
    to ``return_url``.
    """
    if not settings.PAYMENT_SANDBOX:
        raise NotAllowed(_("test cards work with test payments only"), field="card", value=card)
    method = TEST_CARDS.get(card)
    if method is None:
        raise InvalidInput(
            _("there is no such test card"), field="card", value=card, remedy=", ".join(sorted(TEST_CARDS))
        )
    payment = start(payment_id=payment_id)
    if payment.external_id is None or payment.state in Payment.FINAL:
        return payment
    try:
        intent = gateway(payment.gateway).confirm_intent(
            payment.external_id,
            method=method,
            return_url=return_url or f"http://{settings.PLATFORM_HOST}{settings.PUBLIC_PORT}/",
            key=f"confirm:{new_id()}",
        )
    except GatewayDeclined:
        return sync(payment_id=payment_id)
    except (GatewayUnavailable, GatewayRefused) as error:
        return _not_reached(payment_id, error)
    return _apply(payment_id, intent)


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
    except (GatewayUnavailable, GatewayRefused) as error:
        return _not_reached(payment_id, error)
    return _apply(payment_id, intent)


def cancel_payment(*, payment_id: UUID) -> Payment:
    """Give an unpaid payment up, at the gateway too. Must run outside any transaction. Paid stays paid."""
    payment = Payment.objects.get(id=payment_id)
    if payment.external_id is None and (payment.replaces or _key_is_old(payment.first_tried_at)):
        try:
            lost = _close_replaced(payment) or gateway(payment.gateway).find_intent(_reference(payment))
        except (GatewayUnavailable, GatewayRefused) as error:
            return _not_reached(payment_id, error)
        if lost is not None:
            payment = _apply(payment_id, lost)
    if payment.external_id is None or payment.state in Payment.FINAL:
        with transaction.atomic(durable=True):
            payment = outcomes.locked_payment(payment_id)
            # While a call may be under way there may be an intent unknown to us; later we have looked.
            unknown = payment.first_tried_at is None or _key_is_old(payment.first_tried_at)
            if payment.external_id is None and unknown and payment.state not in Payment.FINAL:
                payment.state = Payment.State.CANCELLED
                payment.save(update_fields=["state"])
        return payment
    try:
        intent = gateway(payment.gateway).cancel_intent(payment.external_id, key=f"cancel:{payment.id}")
    except GatewayRefused:
        return sync(payment_id=payment_id)
    except GatewayUnavailable as error:
        return _not_reached(payment_id, error)
    return _apply(payment_id, intent)


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


def request_refund(
    *, payment_id: UUID, amount: int, reason: str, acting_user: Any, idempotency_key: str
) -> Refund:
    """Write down that ``amount`` (minor units) goes back. Must run in a transaction; ``send_refund`` follows.

    Several refunds of one payment never exceed it. The same key again: the same refund, but a new one if the
    gateway had refused it. Raises InvalidInput for an amount that is not positive or more than is left,
    Conflict if the payment did not succeed, its money was spent or the key was used for another amount.
    """
    payment = outcomes.locked_payment(payment_id)
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
    refund = outcomes.write_refund(
        payment, amount=amount, reason=reason, requested_by=str(acting_user), key=idempotency_key
    )
    outcomes.notify_purpose(refund, purpose_of(payment.purpose).refund_requested)
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


def send_refund(*, refund_id: UUID) -> Refund:
    """Have the gateway send a refund, or see how it stands. Must run outside any transaction.

    Raises nothing the gateway says: ``state`` and ``last_error`` tell, and a sweeper goes on.
    """
    with transaction.atomic(durable=True):
        refund = Refund.objects.select_for_update(of=("self",)).select_related("payment").get(id=refund_id)
        if refund.state in Refund.FINAL:
            return refund
        first_try = refund.first_tried_at is None
        refund.first_tried_at = refund.first_tried_at or clock.now()
        refund.attempts = F("attempts") + 1
        refund.next_try_at = _later(refund.created_at)
        refund.save(update_fields=["first_tried_at", "attempts", "next_try_at"])
        refund.refresh_from_db()
    try:
        move = _ask_for_refund(
            gateway(refund.payment.gateway),
            refund,
            may_have_lapsed=not first_try and _key_is_old(refund.first_tried_at),
        )
    except GatewayUnavailable as error:
        Refund.objects.filter(id=refund_id).update(last_error=str(error)[:300])
        refund.refresh_from_db()
        return refund
    except (GatewayRefused, GatewayDeclined) as error:
        # Nobody would ask again for money that reached no purpose, so the sweeper does.
        give_up = outcomes.keep_trying if refund.is_unapplied else outcomes.fail_refund
        with transaction.atomic(durable=True):
            return give_up(refund_id=refund_id, error=f"{error.code}: {error}")
    with transaction.atomic(durable=True):
        return outcomes.apply_refund(refund_id=refund_id, move=move)


def _ask_for_refund(provider: Gateway, refund: Refund, *, may_have_lapsed: bool) -> Move:
    assert refund.payment.external_id is not None
    intent, reference = refund.payment.external_id, str(refund.id)
    with only_looking():
        if refund.external_id:
            return provider.fetch_refund(refund.external_id)
        if may_have_lapsed and (move := provider.find_refund(intent_id=intent, reference=reference)):
            return move
    return provider.refund(
        intent_id=intent, amount=refund.amount, reference=reference, key=f"refund:{refund.id}"
    )


def _apply(payment_id: UUID, intent: Intent) -> Payment:
    with transaction.atomic(durable=True):
        return outcomes.apply_intent(payment_id=payment_id, intent=intent)


def _not_reached(payment_id: UUID, error: Exception) -> Payment:
    code = declines.UNREACHABLE if isinstance(error, GatewayUnavailable) else getattr(error, "code", "")
    with transaction.atomic(durable=True):
        payment = outcomes.locked_payment(payment_id)
        if payment.state not in Payment.FINAL:
            payment.last_error, payment.error_code = str(error)[:300], code[:60]
            payment.save(update_fields=["last_error", "error_code"])
    return payment


def _key_is_old(first_tried_at: datetime | None) -> bool:
    return first_tried_at is not None and clock.now() - first_tried_at > KEY_LIFE


def _later(since: datetime) -> datetime:
    """Return when to look again: soon for the young, rarely for the old."""
    age = clock.now() - since
    return clock.now() + min(max(RETRY_FIRST, age / 2), RETRY_LONGEST)
