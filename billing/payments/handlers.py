"""What payments do when a gateway reports something, and the purpose that is their own: topping up."""

import logging

from billing.payments import purposes
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import Intent, Move, ProviderDispute, gateway
from billing.payments.payments import services as payment_services
from billing.payments.payments.models import Payment
from billing.payments.refunds import foreign
from billing.payments.refunds import services as payment_refund_services
from billing.payments.refunds.models import Refund
from billing.payments.topups.services import (
    TOPUP,
    credit_prepaid,
    hold_prepaid,
    lose_foreign,
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
    inbox.subscribe("charge.dispute.", fetch=_fetch_dispute, apply=_apply_dispute)
    purposes.register(
        TOPUP,
        purposes.Purpose(
            paid=credit_prepaid,
            refund_requested=hold_prepaid,
            refunded=send_held,
            refund_failed=release_held,
            foreign_refund=lose_foreign,
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
    move = gateway(event.source).fetch_refund(event.payload["object_id"])
    _catch_up(event.source, move.payment_external_id)
    return move


def _catch_up(source: str, payment_external_id: str) -> None:
    """See a payment through that is reported to go back before it was reported to have come."""
    payment_ids = Payment.objects.filter(
        gateway=source, external_id=payment_external_id or None, state__in=Payment.OPEN
    )
    for payment_id in payment_ids.values_list("id", flat=True):
        payment_services.sync(payment_id=payment_id)


def _apply_refund(event: Event, move: Move) -> None:
    refund_id = outgoing.row_of(Refund, move.id, move.reference)
    if refund_id is not None:
        payment_refund_services.apply_refund(refund_id=refund_id, move=move)
    elif foreign.take_in(gateway_name=event.source, move=move) is None:
        logger.warning("a refund of a payment that is not ours", extra={"object": move.id})


def _fetch_dispute(event: Event) -> ProviderDispute:
    provider_dispute = gateway(event.source).fetch_dispute(event.payload["object_id"])
    _catch_up(event.source, provider_dispute.payment_external_id)
    return provider_dispute


def _apply_dispute(_event: Event, provider_dispute: ProviderDispute) -> None:
    dispute_services.apply_dispute(provider_dispute)
