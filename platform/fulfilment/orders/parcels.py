"""What an order of parcels becomes as its lines are sent, or will not be."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from fulfilment.models import SupplierOrder, SupplierOrderLine
from fulfilment.orders.events import tell
from kernel import clock

State = SupplierOrder.State


def follow(order: SupplierOrder, lines: Sequence[SupplierOrderLine]) -> None:
    """Let an order that waited follow its lines: on its way when none waits, cancelled when none was sent.

    Units that are held for a refund wait, too. Must run with the supplier order locked.
    """
    if order.state != State.TO_SHIP or any(line.waiting or line.held for line in lines):
        return
    if any(line.shipped for line in lines):
        order.state, order.shipped_at = State.SHIPPED, clock.now()
        order.save(update_fields=["state", "shipped_at"])
        tell(order, "shipped")
        tell(order, "receipt_due", delay=timedelta(days=settings.RECEIVED_AFTER_DAYS))
    else:
        order.state = State.CANCELLED
        order.save(update_fields=["state"])
        tell(order, "cancelled")
