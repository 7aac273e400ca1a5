"""Deadlines of supplier orders, vouchers and after-sales cases."""

from datetime import timedelta
from uuid import UUID

from fulfilment.cases import services as case_services
from fulfilment.cases.models import Case
from fulfilment.events import emit
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.models import SupplierOrder
from fulfilment.vouchers import services as voucher_services
from kernel.events import outbox
from kernel.models import Event


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    for subject in ("supplier_order", "sample"):
        outbox.subscribe(f"{subject}.receipt_due", on_receipt_due)
    outbox.subscribe("supplier_order.vouchers_expire", on_vouchers_expire)
    outbox.subscribe("supplier_order.vouchers_used", on_vouchers_used)
    outbox.subscribe("case.deadline", on_case_deadline)


def on_receipt_due(event: Event) -> None:
    """Some days after the goods were sent nobody has objected: they count as received."""
    order = SupplierOrder.objects.get(id=UUID(event.payload["supplier_order_id"]))
    if order.state != SupplierOrder.State.SHIPPED:
        return
    if order.cases.exclude(state=Case.State.CLOSED).exists():  # not while a case about it is open
        emit(order, "receipt_due", delay=timedelta(days=1))
    else:
        supplier_order_services.receive(supplier_order_id=order.id, acting_user="deadline")


def on_vouchers_expire(event: Event) -> None:
    """Some vouchers have run out."""
    voucher_services.expire_vouchers(supplier_order_id=UUID(event.payload["supplier_order_id"]))


def on_vouchers_used(event: Event) -> None:
    """All vouchers were redeemed a while ago, and nobody took a redemption back."""
    order_id = UUID(event.payload["supplier_order_id"])
    voucher_services.finish_if_used_up(SupplierOrder.objects.select_for_update(of=("self",)).get(id=order_id))


def on_case_deadline(event: Event) -> None:
    """The time to answer a case is over."""
    case_services.apply_deadline(case_id=UUID(event.payload["case_id"]), step=event.payload["step"])
