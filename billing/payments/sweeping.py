"""Going on with what a crash, a lost webhook or a gateway out of reach left unfinished."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from billing.payments import services
from billing.payments.models import Payment, Refund
from kernel import clock

logger = logging.getLogger(__name__)
GIVE_UP = timedelta(hours=24)
NEXT_TURN = timedelta(minutes=5)
OPEN = [Payment.State.CREATED, Payment.State.REQUIRES_ACTION, Payment.State.PROCESSING]
BATCH = 50


def sweep_payments() -> int:
    """Ask about payments without news, give up those unpaid for a day; return how many were looked at."""
    now = clock.now()
    waiting = (
        Payment.objects.filter(state__in=OPEN, next_check_at__lte=now)
        .order_by("next_check_at")
        .values_list("id", "state", "created_at")[:BATCH]
    )
    for payment_id, state, created_at in waiting:
        # Said first: what fails whenever it is asked about must not keep others from their turn.
        Payment.objects.filter(id=payment_id, next_check_at__lte=now).update(next_check_at=now + NEXT_TURN)
        give_up = state != Payment.State.PROCESSING and now - created_at > GIVE_UP
        with _alone(payment_id):
            (services.cancel_payment if give_up else services.sync)(payment_id=payment_id)
    return len(waiting)


def sweep_refunds() -> int:
    """Send refunds that were requested and not finished. Returns how many were tried."""
    waiting = (
        Refund.objects.filter(
            state__in=[Refund.State.REQUESTED, Refund.State.SENT], next_try_at__lte=clock.now()
        )
        .order_by("next_try_at")
        .values_list("id", flat=True)[:BATCH]
    )
    for refund_id in waiting:
        with _alone(refund_id):
            services.send_refund(refund_id=refund_id)
    return len(waiting)


@contextmanager
def _alone(subject: UUID) -> Iterator[None]:
    """Let what goes wrong with one payment or refund be seen, and the others go on."""
    try:
        yield
    except Exception:
        logger.exception("it could not be gone on with", extra={"subject": str(subject)})
