"""What payments do when a gateway reports something, and the purpose that is their own: topping up."""

import logging

from billing.payments import purposes
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import Intent, Move, gateway
from billing.payments.payments import services as payment_services
from billing.payments.payments.models import Payment
from billing.payments.refunds import services as payment_refund_services
from billing.payments.refunds.models import Refund
from billing.payments.topups.services import (
    TOPUP,
    credit_prepaid,
    hold_prepaid,
    lose_prepaid,
    release_held,
    send_held,
)
from kernel.calls import outgoing
from kernel.events import inbox
from kernel.models import Event

logger = logging.getLogger(__name__)


def register() -> None:
    """Called once from AppConfig.ready."""
    inbox.subscribe("payment_intent.", fetch=_fetch_intent, apply=_apply_intent)
    inbox.subscribe("refund.", fetch=_fetch_refund, apply=_apply_refund)
    inbox.subscribe("charge.dispute.", fetch=dispute_services.fetch, apply=dispute_services.apply)
    purposes.register(
        TOPUP,
        purposes.Purpose(
            paid=credit_prepaid,
            refund_requested=hold_prepaid,
            refunded=send_held,
            refund_failed=release_held,
            dispute_lost=lose_prepaid,
            may_pay=lambda _payment, user: user.is_staff,
            return_page=lambda _payment: purposes.PayerPage("admin:index"),
        ),
    )


def _fetch_intent(event: Event) -> Intent:
    return gateway(event.source).fetch_intent(event.payload["object_id"])


def _apply_intent(event: Event, intent: Intent) -> None:
    payment_id = outgoing.row_of(Payment, intent.id, intent.reference)
    if payment_id is None:
        logger.warning("an event of a payment that is not ours", extra={"object": event.payload["object_id"]})
        return
    payment_services.apply_intent(payment_id=payment_id, intent=intent)


def _fetch_refund(event: Event) -> Move:
    return gateway(event.source).fetch_refund(event.payload["object_id"])


def _apply_refund(event: Event, move: Move) -> None:
    refund_id = outgoing.row_of(Refund, move.id, move.reference)
    if refund_id is None:
        logger.error("a refund was made past us", extra={"object": event.payload["object_id"]})
        return
    payment_refund_services.apply_refund(refund_id=refund_id, move=move)
