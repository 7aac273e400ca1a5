"""What this room tells the rooms above about a supplier order."""

from datetime import timedelta
from typing import Any

from fulfilment.models import SupplierOrder
from kernel import outbox


def tell(order: SupplierOrder, what: str, *, delay: timedelta | None = None, **more: Any) -> None:
    """Emit ``supplier_order.<what>``, or ``sample.<what>`` for goods that are sent to be judged."""
    subject = "sample" if order.kind == SupplierOrder.Kind.SAMPLE else "supplier_order"
    outbox.emit(
        f"{subject}.{what}",
        {
            "supplier_order_id": str(order.id),
            "order_id": str(order.order_id),
            "tenant_id": str(order.tenant_id),
            "supplier_id": str(order.supplier_id),
            **more,
        },
        schema=order.schema,
        delay=delay,
    )
