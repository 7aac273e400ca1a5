"""Money that goes back because of the goods: out of stock, vouchers nobody used in time, after-sales.

The rooms below say what happened to the goods; here it becomes a refund of the order's lines. Each runs in
the transaction that handles the news and may be repeated.
"""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from fulfilment import cases
from kernel.errors import BanyanError
from kernel.models import OutboxEvent
from kernel.tenancy import in_tenant
from tenants.registry.selectors import tenant_of_schema
from tenants.shop import refunds
from tenants.shop.models import OrderLine, OrderRefund

logger = logging.getLogger(__name__)
CASE_KEY = "case:"


def on_out_of_stock(event: OutboxEvent) -> None:
    """A supplier cannot send some of what was paid."""
    payload = event.payload
    with in_tenant(tenant_of_schema(event.schema)):
        order_id = UUID(payload["order_id"])
        _give_back(
            order_id,
            lines=_units(order_id, payload["supplier_id"], payload["lines"]),
            reason=_("out of stock at the supplier"),
            key=f"out-of-stock:{event.id}",
            stop_goods=False,
        )


def on_vouchers_lapsed(event: OutboxEvent) -> None:
    """The time of vouchers is over: the part of the line's price that nobody used goes back.

    The parts are differences of one sum that only grows, so that all of them together are the whole price.
    """
    payload = event.payload
    with in_tenant(tenant_of_schema(event.schema)):
        order_id = UUID(payload["order_id"])
        line = OrderLine.objects.get(
            order_id=order_id, supplier_id=payload["supplier_id"], variant_id=payload["variant_id"]
        )
        uses, before, of = payload["uses"], payload["before"], payload["of"]
        amount = line.paid * (before + uses) // of - line.paid * before // of
        _give_back(
            order_id,
            line_amounts={line.id: min(amount, line.paid - line.refunded)},
            reason=_("vouchers ran out unused"),
            key=f"vouchers:{event.id}",
            stop_goods=False,
        )


def on_case_refund(event: OutboxEvent) -> None:
    """Member and supplier, or whoever decided, agreed on money in an after-sales case.

    What the order cannot give is told to the case, where the office sees it.
    """
    payload = event.payload
    case_id, order_id = UUID(payload["case_id"]), UUID(payload["order_id"])
    with in_tenant(tenant_of_schema(event.schema)):
        lines = _units(order_id, payload["supplier_id"], payload["units"])
        amount = payload["amount"]
        try:
            _give_back(
                order_id,
                lines=lines if amount is None else None,
                line_amounts=None if amount is None else _spread(lines, amount),
                reason=_("after-sales case %(number)s") % {"number": payload["number"]},
                key=f"{CASE_KEY}{case_id}",
                stop_goods=payload["stop_goods"],
            )
        except BanyanError as error:
            cases.mark_refund_failed(case_id=case_id, reason=str(error))


def on_refunded(event: OutboxEvent) -> None:
    """The money of a refund has gone: a case that asked for it is closed."""
    with in_tenant(tenant_of_schema(event.schema)):
        row = OrderRefund.objects.get(id=event.payload["refund_id"])
    if row.idempotency_key.startswith(CASE_KEY):
        cases.mark_refunded(case_id=UUID(row.idempotency_key.removeprefix(CASE_KEY)))


def _give_back(
    order_id: UUID,
    *,
    reason: str,
    key: str,
    stop_goods: bool,
    lines: dict[UUID, int] | None = None,
    line_amounts: dict[UUID, int] | None = None,
) -> None:
    wanted = {line_id: many for line_id, many in (lines or line_amounts or {}).items() if many}
    if not wanted:
        logger.warning("nothing is left to give back", extra={"order": str(order_id), "cause": key})
        return
    refunds.request(
        order_id=order_id,
        lines=wanted if lines else None,
        line_amounts=None if lines else wanted,
        reason=reason,
        acting_user="after-sales",
        idempotency_key=key,
        stop_goods=stop_goods,
    )


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
        spread[line.id] = min(rest, line.paid - line.refunded)
        rest -= spread[line.id]
    if rest:
        raise BanyanError(_("more was agreed than the goods have left"), field="amount", value=amount)
    return spread
