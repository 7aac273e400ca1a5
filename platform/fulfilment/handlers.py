"""Deadlines of this room, as they arrive."""

from uuid import UUID

from fulfilment import services, vouchers
from fulfilment.models import SupplierOrder
from kernel import outbox
from kernel.models import OutboxEvent


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    for subject in ("supplier_order", "sample"):
        outbox.subscribe(f"{subject}.receipt_due", on_receipt_due)
    outbox.subscribe("supplier_order.vouchers_expire", on_vouchers_expire)
    outbox.subscribe("supplier_order.vouchers_used", on_vouchers_used)


def on_receipt_due(event: OutboxEvent) -> None:
    """Nobody said anything for some days after the goods were sent: they have arrived."""
    order = SupplierOrder.objects.get(id=UUID(event.payload["supplier_order_id"]))
    if order.state == SupplierOrder.State.SHIPPED:
        services.receive(supplier_order_id=order.id, acting_user="deadline")


def on_vouchers_expire(event: OutboxEvent) -> None:
    """The time of some vouchers is over."""
    vouchers.expire(supplier_order_id=UUID(event.payload["supplier_order_id"]))


def on_vouchers_used(event: OutboxEvent) -> None:
    """All vouchers were redeemed a while ago, and nobody took a redemption back."""
    order_id = UUID(event.payload["supplier_order_id"])
    vouchers.follow(SupplierOrder.objects.select_for_update(of=("self",)).get(id=order_id))
