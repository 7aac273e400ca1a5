"""Refunds of orders that were made on the payment provider's own pages: spread as the shop's own would be."""

from billing.payments.models import Refund
from billing.payments.refunds import services as payment_refund_services
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders.models import REFUNDABLE
from tenants.shop.refunds import services
from tenants.shop.refunds.models import OrderRefund
from tenants.shop.refunds.plan import make_plan, refundable_of


def mark_foreign_refund(money: Refund) -> None:
    """The order gives what went back, as for a refund of that amount. In the transaction that takes it in.

    What the order no longer has to give, since a bank or an earlier refund has it, the shop bears.
    """
    order = order_selectors.locked_order(money.payment.reference_id)
    left = refundable_of(order)
    amount = min(money.amount, left.amount) if order.state in REFUNDABLE else 0
    if amount:
        row = services.record_refund(
            order,
            make_plan(left, currency=order.currency, amount=amount),
            reason=money.reason,
            requested_by=money.requested_by,
            idempotency_key=f"payment-refund:{money.id}",
            cause=OrderRefund.Cause.FOREIGN,
        )
        row.payment_refund_id = money.id
        row.save(update_fields=["payment_refund_id"])
        services.book_refund(order, row)
    if money.amount > amount:
        payment_refund_services.bear(money, money.amount - amount)
