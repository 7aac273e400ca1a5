"""Disputed orders: nobody gets anything of them while they are open; a lost one is a refund by the bank."""

from billing.payments.disputes import services as dispute_services
from billing.payments.models import Dispute
from billing.payouts.payables import services as payable_services
from kernel.events import outbox
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings import services as earning_services
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders.models import REFUNDABLE, Order
from tenants.shop.refunds import after_sales, services
from tenants.shop.refunds.models import OrderRefund
from tenants.shop.refunds.plan import make_plan, refundable_of

BLOCK, ACTOR = "dispute", "payments"


def mark_opened(dispute: Dispute) -> None:
    """The bank asks: earnings and payables wait, and what is disputed cannot be refunded besides.

    The callbacks run inside the transaction that handles the event. This one comes again where refunds leave
    the dispute more or less than before: what it reserves of the order follows.
    """
    order = order_selectors.locked_order(dispute.payment.reference_id)
    row = _row(order, dispute)
    if row is not None and row.amount != dispute.reserved:
        services.fail_refund(order, row, error="another part of the payment is disputed")
        row.idempotency_key = f"{_key(dispute)}:{row.id}"
        row.save(update_fields=["idempotency_key"])
        row = None
    left = refundable_of(order)
    amount = min(dispute.reserved, left.amount)
    if row is None and amount and order.state in REFUNDABLE:
        services.record_refund(
            order,
            make_plan(left, currency=order.currency, amount=amount),
            reason=dispute.reason,
            requested_by=ACTOR,
            idempotency_key=_key(dispute),
            cause=OrderRefund.Cause.DISPUTE,
        )
    payable_services.block(order_id=order.id, reason=BLOCK)
    earning_services.put_under_review(
        earning_ids=earning_selectors.ids_of(order.id), reason=BLOCK, acting_user=ACTOR
    )


def mark_won(dispute: Dispute) -> None:
    """The money stays: everything goes on where it stopped."""
    order = order_selectors.locked_order(dispute.payment.reference_id)
    row = _row(order, dispute)
    if row is not None:
        services.fail_refund(order, row, error="the dispute was won")
    _go_on(order, dispute)


def mark_lost(dispute: Dispute) -> None:
    """The money is gone: it is clawed back from everybody, as a refund of that amount."""
    order = order_selectors.locked_order(dispute.payment.reference_id)
    row = _row(order, dispute)
    if row is not None:
        services.book_refund(order, row)
    # What had been refunded before, or is the bank's own idea, no party of the order can give back.
    rest = dispute.withdrawn - (row.amount if row else 0)
    if rest > 0:
        dispute_services.bear(dispute, rest)
    _go_on(order, dispute)


def _go_on(order: Order, ended: Dispute) -> None:
    others = Dispute.objects.filter(Dispute.UNFINISHED, payment=ended.payment_id)
    if others.exclude(id=ended.id).exists():
        return
    payable_services.unblock(order_id=order.id)
    earning_services.end_review(
        earning_ids=earning_selectors.ids_of(order.id), reason=BLOCK, acting_user=ACTOR
    )
    outbox.hasten(after_sales.WAITS, {"order_id": str(order.id)})


def _row(order: Order, dispute: Dispute) -> OrderRefund | None:
    return OrderRefund.objects.filter(order=order, idempotency_key=_key(dispute)).first()


def _key(dispute: Dispute) -> str:
    return f"dispute:{dispute.id}"
