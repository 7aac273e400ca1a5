"""Going on with what a crash, a lost webhook or a gateway out of reach left unfinished."""

from datetime import timedelta

from billing.payments import services
from billing.payments.models import Payment, Refund
from kernel import clock

GIVE_UP = timedelta(hours=24)
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
        if state != Payment.State.PROCESSING and now - created_at > GIVE_UP:
            services.cancel_payment(payment_id=payment_id)
        else:
            services.sync(payment_id=payment_id)
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
        services.send_refund(refund_id=refund_id)
    return len(waiting)
