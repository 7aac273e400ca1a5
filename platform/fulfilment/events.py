"""Events about a supplier order: the domains above handle them."""

from datetime import timedelta
from typing import Any

from fulfilment.orders.models import SupplierOrder
from kernel.events import outbox


def emit(order: SupplierOrder, event: str, *, delay: timedelta | None = None, **details: Any) -> None:
    """Emit ``supplier_order.<event>``, or ``sample.<event>`` for goods that are sent to be judged."""
    subject = "sample" if order.kind == SupplierOrder.Kind.SAMPLE else "supplier_order"
    outbox.emit(
        f"{subject}.{event}",
        {
            "supplier_order_id": str(order.id),
            "order_id": str(order.order_id),
            "tenant_id": str(order.tenant_id),
            "supplier_id": str(order.supplier_id),
            **details,
        },
        schema=order.schema,
        delay=delay,
    )
