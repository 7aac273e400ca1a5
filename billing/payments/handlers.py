"""What payments do about the gateway's news, and the purpose that is their own: topping up."""

import logging

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments import disputes, inbox, outcomes, purposes
from billing.payments.clearing import clearing_leg
from billing.payments.gateway import Intent, Move, gateway
from billing.payments.models import Dispute, InboxEvent, Payment, Refund
from kernel.errors import Conflict, InsufficientBalance
from kernel.money import format_money

logger = logging.getLogger(__name__)
TOPUP = "topup"


def register() -> None:
    """Called once from AppConfig.ready."""
    inbox.react("payment_intent.", inbox.Reaction(fetch=_fetch_intent, apply=_apply_intent))
    inbox.react("refund.", inbox.Reaction(fetch=_fetch_refund, apply=_apply_refund))
    inbox.react("charge.dispute.", inbox.Reaction(fetch=disputes.fetch, apply=disputes.apply))
    purposes.register(
        TOPUP,
        purposes.Purpose(
            paid=credit_prepaid,
            refund_requested=hold_prepaid,
            refunded=send_held,
            refund_failed=release_held,
            dispute_lost=lose_prepaid,
        ),
    )


def _fetch_intent(event: InboxEvent) -> Intent:
    return gateway(event.source).fetch_intent(event.object_id)


def _apply_intent(event: InboxEvent, intent: Intent) -> None:
    # By our own id where the gateway knows it: its news may be faster than its answer to our call.
    payment_id = (
        Payment.objects.filter(external_id=intent.id).values_list("id", flat=True).first()
        or Payment.objects.filter(id=inbox.own_id(intent.reference)).values_list("id", flat=True).first()
    )
    if payment_id is None:
        logger.warning("news of a payment that is not ours", extra={"object": event.object_id})
        return
    outcomes.apply_intent(payment_id=payment_id, intent=intent)


def _fetch_refund(event: InboxEvent) -> Move:
    return gateway(event.source).fetch_refund(event.object_id)


def _apply_refund(event: InboxEvent, move: Move) -> None:
    refund_id = (
        Refund.objects.filter(external_id=move.id).values_list("id", flat=True).first()
        or Refund.objects.filter(id=inbox.own_id(move.reference)).values_list("id", flat=True).first()
    )
    if refund_id is None:
        logger.error("a refund was made past us", extra={"object": event.object_id})
        return
    outcomes.apply_refund(refund_id=refund_id, move=move)


def credit_prepaid(payment: Payment) -> None:
    """A tenant topped up: its prepaid balance grows."""
    _move("topup", payment, str(payment.id), clearing=-payment.amount, prepaid=payment.amount)


def hold_prepaid(refund: Refund) -> None:
    """A top-up is to go back: it leaves the balance now, so that nothing can be bought with it meanwhile.

    Raises Conflict if it has been spent.
    """
    try:
        with transaction.atomic():
            _move(
                "topup.refund_requested",
                refund.payment,
                str(refund.id),
                prepaid=-refund.amount,
                in_flight=refund.amount,
            )
    except InsufficientBalance as error:
        left = refund.amount - error.details["missing"]
        raise Conflict(
            _("this top-up has been spent: only %(left)s of the balance is left")
            % {"left": format_money(left, refund.currency)},
            field="amount",
            value=refund.amount,
            remedy=_("refund at most what is left, or refund orders paid from the balance first"),
            code="spent",
            left=left,
        ) from error


def send_held(refund: Refund) -> None:
    """A top-up went back."""
    _move("topup.refunded", refund.payment, str(refund.id), in_flight=-refund.amount, clearing=refund.amount)


def lose_prepaid(dispute: Dispute) -> None:
    """A disputed top-up is lost: it leaves the balance; what was spent of it, the shop's margin."""
    payment = dispute.payment
    held = ledger_selectors.balance(
        owner_kind="tenant",
        owner_id=payment.tenant_id,
        kind=AccountKind.TENANT_PREPAID,
        currency=dispute.currency,
        tenant_id=payment.tenant_id,
    )
    from_balance = min(held, dispute.withdrawn)
    legs = [
        Leg("tenant", payment.tenant_id, AccountKind.DISPUTED, dispute.currency, dispute.withdrawn),
        Leg("tenant", payment.tenant_id, AccountKind.TENANT_PREPAID, dispute.currency, -from_balance),
        Leg(
            "tenant",
            payment.tenant_id,
            AccountKind.TENANT_MARGIN,
            dispute.currency,
            from_balance - dispute.withdrawn,
        ),
    ]
    ledger.post(
        tenant_id=payment.tenant_id,
        kind="topup.dispute_lost",
        idempotency_key=str(dispute.id),
        legs=[leg for leg in legs if leg.amount],
        subject_id=payment.id,
    )


def release_held(refund: Refund) -> None:
    """A top-up could not go back: it is in the balance again."""
    _move(
        "topup.refund_failed", refund.payment, str(refund.id), in_flight=-refund.amount, prepaid=refund.amount
    )


def _move(
    kind: str, payment: Payment, key: str, *, prepaid: int = 0, in_flight: int = 0, clearing: int = 0
) -> None:
    tenant_id, currency = payment.tenant_id, payment.currency
    legs = [
        clearing_leg(payment.gateway, currency, clearing),
        Leg("tenant", tenant_id, AccountKind.TENANT_PREPAID, currency, prepaid),
        Leg("tenant", tenant_id, AccountKind.WITHDRAWAL_IN_FLIGHT, currency, in_flight),
    ]
    ledger.post(
        tenant_id=tenant_id,
        kind=kind,
        idempotency_key=key,
        legs=[leg for leg in legs if leg.amount],
        subject_id=payment.id,
    )
