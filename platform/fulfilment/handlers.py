"""Deadlines of this room, as they arrive."""

from datetime import timedelta
from uuid import UUID

from fulfilment.cases import services as case_services
from fulfilment.models import Case, SupplierOrder
from fulfilment.orders import services as order_services
from fulfilment.orders.events import tell
from fulfilment.vouchers import services as voucher_services
from kernel import outbox
from kernel.models import OutboxEvent


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    for subject in ("supplier_order", "sample"):
        outbox.subscribe(f"{subject}.receipt_due", on_receipt_due)
    outbox.subscribe("supplier_order.vouchers_expire", on_vouchers_expire)
    outbox.subscribe("supplier_order.vouchers_used", on_vouchers_used)
    outbox.subscribe("case.deadline", on_case_deadline)


def on_receipt_due(event: OutboxEvent) -> None:
    """Nobody said anything for some days after the goods were sent: they have arrived."""
    order = SupplierOrder.objects.get(id=UUID(event.payload["supplier_order_id"]))
    if order.state != SupplierOrder.State.SHIPPED:
        return
    if order.cases.exclude(state=Case.State.CLOSED).exists():  # not while they talk about it
        tell(order, "receipt_due", delay=timedelta(days=1))
    else:
        order_services.receive(supplier_order_id=order.id, acting_user="deadline")


def on_vouchers_expire(event: OutboxEvent) -> None:
    """The time of some vouchers is over."""
    voucher_services.expire(supplier_order_id=UUID(event.payload["supplier_order_id"]))


def on_vouchers_used(event: OutboxEvent) -> None:
    """All vouchers were redeemed a while ago, and nobody took a redemption back."""
    order_id = UUID(event.payload["supplier_order_id"])
    voucher_services.follow(SupplierOrder.objects.select_for_update(of=("self",)).get(id=order_id))


def on_case_deadline(event: OutboxEvent) -> None:
    """Somebody had so long to answer."""
    case_services.pass_deadline(case_id=UUID(event.payload["case_id"]), step=event.payload["step"])
