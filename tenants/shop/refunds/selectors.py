"""The refunds of an order as its buyer and the shop's operators see them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from billing.payments.disputes import reasons
from kernel.texts.translated import pick
from tenants.shop.orders.models import Order
from tenants.shop.refunds.models import OrderRefund


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money of an order that went or goes back: minor units, and what it was for."""

    amount: int
    freight: int
    state: str
    is_dispute: bool
    at: datetime
    reason: str
    lines: list[tuple[str, int, int]]
    """Title, units (0: a part of the price), amount."""


def refunds_of(order: Order) -> list[RefundView]:
    """Return the refunds of an order, oldest first, failed ones and lost disputes among them."""
    return [
        RefundView(
            amount=row.amount,
            freight=sum(row.freight.values()),
            state=row.state,
            is_dispute=row.cause == OrderRefund.Cause.DISPUTE,
            at=row.done_at or row.created_at,
            reason=_reason_of(row),
            lines=[(pick(part.line.title), part.quantity, part.amount) for part in row.lines.all()],
        )
        for row in order.refunds.prefetch_related("lines__line")
    ]


def _reason_of(row: OrderRefund) -> str:
    if row.cause == OrderRefund.Cause.FOREIGN:
        return _("made on the payment provider's own pages")
    return str(reasons.in_words(row.reason)) if row.cause == OrderRefund.Cause.DISPUTE else row.reason
