"""Money that goes back because of the goods: out of stock, vouchers nobody used in time, after-sales.

Fulfilment says what happened to the goods; here it becomes a refund of the order's lines. Each handler runs
in the transaction that handles its event and may be repeated. While the member's bank decides about the
payment, such events wait as events of their own: a refund besides would pay twice. Won, they are caught up
with; lost, what the bank took is off the lines, and nothing or the rest goes back.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from billing.payments.models import Dispute
from fulfilment.cases import services as case_services
from fulfilment.models import Case, SupplierOrder
from kernel import audit
from kernel.errors import BanyanError, NotFound
from kernel.events import outbox
from kernel.models import Event
from kernel.tenancy import in_tenant
from tenants.registry.selectors import tenant_of_schema
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.refunds import services
from tenants.shop.refunds.models import OrderRefund
from tenants.shop.refunds.plan import make_plan, refundable_of

logger = logging.getLogger(__name__)
CASE_KEY = "case:"
WAITS = "refund.waits"
LOOK_AGAIN = timedelta(days=1)
"""So often what waits is looked at; the end of a dispute hastens it."""
_waiting: dict[str, Callable[[Event], None]] = {}


def _after_disputes(handler: Callable[[Event], None]) -> Callable[[Event], None]:
    """Let ``handler`` have its event, in its tenant, once no dispute about the order's payment is open."""

    @wraps(handler)
    def handle(event: Event) -> None:
        with in_tenant(tenant_of_schema(event.schema)):
            order_id = event.payload["order_id"]
            # Whoever opens or ends a dispute has the order's row locked.
            Order.objects.select_for_update(of=("self",)).filter(id=order_id).first()
            about = {"payment__purpose": order_services.PURPOSE, "payment__reference_id": order_id}
            if Dispute.objects.filter(Dispute.UNFINISHED, **about).exists():
                waiting = {"order_id": order_id, "event": str(event.id), "handler": handler.__name__}
                outbox.emit(WAITS, {**waiting, "payload": event.payload}, delay=LOOK_AGAIN)
            else:
                handler(event)

    _waiting[handler.__name__] = handle
    return handle


def on_waited(event: Event) -> None:
    """A refund that waited for the bank is tried anew, as the event that it was."""
    waiting = event.payload
    _waiting[waiting["handler"]](
        Event(id=UUID(waiting["event"]), schema=event.schema, payload=waiting["payload"])
    )


@_after_disputes
def on_out_of_stock(event: Event) -> None:
    """A supplier cannot send some of what was paid."""
    payload = event.payload
    order_id = UUID(payload["order_id"])
    _request_refund(
        order_id,
        lines=_units(order_id, payload["supplier_id"], payload["lines"]),
        freight=_freight(order_id, UUID(payload["supplier_order_id"])),
        reason=_("out of stock at the supplier"),
        key=f"out-of-stock:{event.id}",
    )


@_after_disputes
def on_vouchers_lapsed(event: Event) -> None:
    """The time of vouchers is over: the part of the line's price that nobody used goes back.

    The parts are differences of one sum that only grows, so that all of them together are the whole price.
    """
    payload = event.payload
    order_id = UUID(payload["order_id"])
    line = OrderLine.objects.get(
        order_id=order_id, supplier_id=payload["supplier_id"], variant_id=payload["variant_id"]
    )
    uses, before, of = payload["uses"], payload["before"], payload["of"]
    amount = line.to_pay * (before + uses) // of - line.to_pay * before // of
    _request_refund(
        order_id,
        line_amounts={line.id: min(amount, line.to_pay - line.refunded)},
        reason=_("vouchers ran out unused"),
        key=f"vouchers:{event.id}",
    )


@_after_disputes
def on_case_refund(event: Event) -> None:
    """Member and supplier, or whoever decided, agreed on money in an after-sales case.

    What the order cannot give fails the case, where the central team sees it.
    """
    payload = event.payload
    case_id, order_id = UUID(payload["case_id"]), UUID(payload["order_id"])
    lines = _units(order_id, payload["supplier_id"], payload["units"])
    amount, failure = payload["amount"], ""
    try:
        with transaction.atomic():
            is_requested = _request_refund(
                order_id,
                lines=lines if amount is None else None,
                line_amounts=None if amount is None else _spread(lines, amount),
                freight=_freight(order_id, UUID(payload["supplier_order_id"])) if amount is None else {},
                reason=_("after-sales case %(number)s") % {"number": payload["number"]},
                key=f"{CASE_KEY}{case_id}",
                reserved_for=case_id,
            )
    except BanyanError as error:
        is_requested, failure = False, str(error)
    if not is_requested:
        failure = failure or _("nothing of these goods is left to be refunded")
        case_services.mark_refund_failed(case_id=case_id, order_id=order_id, reason=failure)


def amount_of_case(case: Case) -> int:
    """Return what the units of a case would bring its member now: the goods, and freight if none was sent.

    Minor units. Callable from any schema: suppliers and the central team ask before they agree. Raises
    NotFound for an order that is no more, InvalidInput where nothing is left of it.
    """
    with in_tenant(tenant_of_schema(case.schema)):
        order = Order.objects.filter(id=case.order_id).first()
        if order is None:
            raise NotFound(_("there is no such order"), field="order", value=case.order_id)
        variants = dict(case.supplier_order.lines.values_list("id", "variant_id"))
        units = [(str(variants[UUID(line)]), count) for line, count in case.units.items()]
        lines = _units(order.id, str(case.supplier_id), units)
        plan = make_plan(
            refundable_of(order),
            currency=order.currency,
            lines={line_id: count for line_id, count in lines.items() if count},
            freight=_freight(order.id, case.supplier_order_id) or None,
        )
        return plan.amount


def on_refunded(event: Event) -> None:
    """The money of a refund has gone: a case that asked for it is closed."""
    row = _refund_of(event)
    if case_id := _case_of(row):
        case_services.mark_refunded(case_id=case_id, order_id=row.order_id)


def on_refund_failed(event: Event) -> None:
    """The gateway will not send the money: the case that asked for it comes before the central team."""
    row = _refund_of(event)
    if case_id := _case_of(row):
        case_services.mark_refund_failed(case_id=case_id, order_id=row.order_id, reason=row.last_error)


def _refund_of(event: Event) -> OrderRefund:
    with in_tenant(tenant_of_schema(event.schema)):
        return OrderRefund.objects.get(id=event.payload["refund_id"])


def _case_of(row: OrderRefund) -> UUID | None:
    """Return the case behind a refund; the key of one that failed has a tail of its own."""
    if not row.idempotency_key.startswith(CASE_KEY):
        return None
    return UUID(row.idempotency_key.split(":")[1])


def _freight(order_id: UUID, supplier_order_id: UUID) -> dict[UUID, int]:
    """Return a supplier's freight if nothing at all of its parcels was or will be sent: it goes back, too."""
    row = SupplierOrder.objects.get(id=supplier_order_id)
    if row.delivery != SupplierOrder.Delivery.PARCEL or any(
        line.shipped or line.waiting for line in row.lines.all()
    ):
        return {}
    left = refundable_of(Order.objects.get(id=order_id)).freight.get(row.supplier_id, 0)
    return {row.supplier_id: left} if left else {}


def _request_refund(
    order_id: UUID,
    *,
    reason: str,
    key: str,
    lines: dict[UUID, int] | None = None,
    line_amounts: dict[UUID, int] | None = None,
    freight: dict[UUID, int] | None = None,
    reserved_for: UUID | None = None,
) -> bool:
    """Ask for the refund; False if nothing of it is left. The supplier's side has stopped the goods."""
    amounts = {line_id: number for line_id, number in (lines or line_amounts or {}).items() if number}
    if not amounts and not freight:
        logger.warning("nothing is left to give back", extra={"order": str(order_id), "cause": key})
        audit.record(
            "order.refund_dropped",
            actor="after-sales",
            object_type="order",
            object_id=order_id,
            object_label=Order.objects.values_list("number", flat=True).get(id=order_id),
            reason=reason,
        )
        return False
    services.request_refund(
        order_id=order_id,
        lines=amounts if lines else None,
        line_amounts=amounts if line_amounts else None,
        freight=freight or None,
        reason=reason,
        acting_user="after-sales",
        idempotency_key=key,
        stop_shipping=False,
        reserved_for=reserved_for,
    )
    return True


def _units(order_id: UUID, supplier_id: str, units: Iterable[tuple[str, int]]) -> dict[UUID, int]:
    """Turn variants into the order's lines; no more than was not refunded yet."""
    lines = {
        str(line.variant_id): line
        for line in OrderLine.objects.filter(order_id=order_id, supplier_id=supplier_id)
    }
    return {
        lines[variant].id: min(count, lines[variant].quantity - lines[variant].refunded_quantity)
        for variant, count in units
    }


def _spread(lines: dict[UUID, int], amount: int) -> dict[UUID, int]:
    """Take an agreed amount from the lines of a case, the first ones first, as far as they go."""
    spread: dict[UUID, int] = {}
    rest = amount
    for line in OrderLine.objects.filter(id__in=lines).order_by("position"):
        spread[line.id] = min(rest, line.to_pay - line.refunded)
        rest -= spread[line.id]
    if rest:
        raise BanyanError(_("more was agreed than the goods have left"), field="amount", value=amount)
    return spread
