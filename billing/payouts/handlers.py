"""What payouts do when goods move, and when the gateway reports a transfer."""

import logging
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction

from billing.payments import inbox
from billing.payments.gateway import Move, gateway
from billing.payments.models import InboxEvent
from billing.payouts import services
from billing.payouts.models import Payout
from kernel import outbox
from kernel.models import OutboxEvent

logger = logging.getLogger(__name__)


def register() -> None:
    """Called once from AppConfig.ready."""
    for moment in ("shipped", "received"):
        outbox.subscribe(f"supplier_order.{moment}", partial(on_goods_moved, moment))
    inbox.react("transfer.", inbox.Reaction(fetch=_fetch, apply=_apply))


def on_goods_moved(moment: str, event: OutboxEvent) -> None:
    """A supplier's part was shipped or received: what it is owed may fall due, and is paid at once."""
    if services.mark_due(supplier_order_id=UUID(event.payload["supplier_order_id"]), after=moment):
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    current_app.send_task("billing.payouts.tasks.pay_due", ignore_result=True, retry=False)


def _fetch(event: InboxEvent) -> Move:
    return gateway().fetch_transfer(event.object_id)


def _apply(event: InboxEvent, move: Move) -> None:
    payout_id = Payout.objects.filter(external_id=move.id).values_list("id", flat=True).first()
    if payout_id is None and move.reference:
        payout_id = (
            Payout.objects.filter(id=inbox.own_id(move.reference)).values_list("id", flat=True).first()
        )
    if payout_id is None:
        logger.error("a transfer was made past us", extra={"object": event.object_id})
        return
    services.apply_transfer(payout_id=payout_id, move=move)
