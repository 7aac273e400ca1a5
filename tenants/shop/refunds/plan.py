"""What a refund takes from whom: worked out from what was pinned when the order was paid. Writes nothing.

Every line was split when it was paid: supply cost, platform fee, earnings, the shop's margin; these sum to
what was paid for it. A refund takes the same fraction of what is left of each. Freight belongs to whoever
ships and is refunded by itself. Amounts are minor units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput
from kernel.money.amounts import allocate
from kernel.money.money import format_money
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.rules.splitting.portions import fee_portions, take_portions
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.refunds.models import OrderRefund, OrderRefundLine

State = OrderRefund.State
FIXED = 2
"""A line's parts are cost, fee, and then its earnings."""


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """Units and money of a line, with the parts the money consists of: cost, fee, earnings (margin last).

    Of the money ``subsidy`` came from a budget, ``red_packet`` from a red packet, the rest from the buyer.
    """

    line: OrderLine
    quantity: int
    parts: tuple[int, ...]
    subsidy: int = 0
    red_packet: int = 0

    @property
    def amount(self) -> int:
        """What goes back, or can go back, to the buyer."""
        return sum(self.parts) - self.subsidy - self.red_packet

    @property
    def paid(self) -> int:
        """The same without a fee that came on top of the goods."""
        return self.amount - (self.parts[1] if self.line.order.channel == Order.Channel.API else 0)

    @property
    def goods(self) -> int:
        """What the shop had got for it: ``paid``, and what subsidies gave."""
        return self.paid + self.subsidy + self.red_packet

    @property
    def whole(self) -> int:
        """All money of it, whoever gave it: what parties give back for the buyer and for budgets."""
        return sum(self.parts)


@dataclass(frozen=True, slots=True)
class Refundable:
    """What of an order has not been refunded, nor asked for."""

    lines: tuple[LineAmounts, ...]
    freight: dict[UUID, int]

    @property
    def amount(self) -> int:
        """All that can still go back to the buyer, minor units, freight included."""
        return sum(line.amount for line in self.lines) + sum(self.freight.values())

    @property
    def whole(self) -> int:
        """The same with what goes back to budgets: above 0 while anything is left to be taken back."""
        return sum(line.whole for line in self.lines) + sum(self.freight.values())


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What one refund takes from whom. Minor units; writes nothing."""

    lines: tuple[LineAmounts, ...]
    freight: dict[UUID, int]

    @property
    def amount(self) -> int:
        """What the buyer gets, minor units, freight included."""
        return sum(line.amount for line in self.lines) + sum(self.freight.values())

    @property
    def whole(self) -> int:
        """The same with what goes back to budgets, minor units."""
        return sum(line.whole for line in self.lines) + sum(self.freight.values())

    @property
    def goods(self) -> int:
        """What the shop had got for the goods that come back, minor units."""
        return sum(line.goods for line in self.lines)

    @property
    def subsidies(self) -> dict[UUID, int]:
        """What goes back to each subsidy budget, minor units by its id."""
        by_budget: dict[UUID, int] = {}
        for line in self.lines:
            if line.line.subsidy_budget is not None:
                key = line.line.subsidy_budget
                by_budget[key] = by_budget.get(key, 0) + line.subsidy
        return by_budget

    @property
    def red_packet(self) -> int:
        """What goes back of the red packet's money, minor units."""
        return sum(line.red_packet for line in self.lines)

    @property
    def fee(self) -> int:
        """What the platform gives back of its fee, minor units."""
        return sum(line.parts[1] for line in self.lines)

    @property
    def earnings(self) -> list[int]:
        """What each earning gives back, minor units, in the order of ``portions_of``; the margin last."""
        return [sum(column) for column in zip(*(line.parts[FIXED:] for line in self.lines), strict=True)]

    @property
    def suppliers(self) -> dict[UUID, int]:
        """What each supplier gives back, minor units by its id, freight included."""
        by_supplier = dict(self.freight)
        for line in self.lines:
            supplier_id = line.line.supplier_id
            by_supplier[supplier_id] = by_supplier.get(supplier_id, 0) + line.parts[0]
        return by_supplier


def refundable_of(order: Order) -> Refundable:
    """Return what can still be refunded; the order's row is locked where this decides about money."""
    lines = list(order.lines.all())
    for line in lines:
        line.order = order
    columns = [
        [line.unit_cost * line.quantity for line in lines],
        fee_portions(order.fee, [line.paid for line in lines]),
        *earning_selectors.portions_of(order.id),
    ]
    parts = dict(
        zip((line.id for line in lines), (list(row) for row in zip(*columns, strict=True)), strict=True)
    )
    units = {line.id: line.quantity for line in lines}
    gifts = {line.id: (line.subsidy, line.red_packet) for line in lines}
    freight = {UUID(key): amount for key, amount in order.freight_by_supplier.items()}
    refund_lines = OrderRefundLine.objects.filter(refund__order=order).exclude(refund__state=State.FAILED)
    for row in refund_lines:
        units[row.line_id] -= row.quantity
        subsidy, red_packet = gifts[row.line_id]
        gifts[row.line_id] = (subsidy - row.subsidy, red_packet - row.red_packet)
        gone = (row.cost, row.fee, *row.earnings)
        parts[row.line_id] = [part - back for part, back in zip(parts[row.line_id], gone, strict=True)]
    for refund in OrderRefund.objects.filter(order=order).exclude(state=State.FAILED):
        for key, amount in refund.freight.items():
            freight[UUID(key)] -= amount
    return Refundable(
        tuple(LineAmounts(line, units[line.id], tuple(parts[line.id]), *gifts[line.id]) for line in lines),
        freight,
    )


class RefundScope(TypedDict, total=False):
    """What is to go back, in minor units; without any of it: everything that is left.

    ``lines``: line id -> units, for what is left of their price; ``line_amounts``: line id -> a part of its
    price; ``freight``: freight, or supplier id -> freight; each with the others. ``amount`` alone is spread
    over all that is left, with ``freight`` over the goods.
    """

    lines: Mapping[UUID, int] | None
    line_amounts: Mapping[UUID, int] | None
    amount: int | None
    freight: int | Mapping[UUID, int] | None


def make_plan(left: Refundable, *, currency: str, **scope: Unpack[RefundScope]) -> RefundPlan:
    """Return what such a refund takes of what is ``left``.

    Whoever takes the last cent takes what is left of all parties, subsidies and red packet included. Raises
    InvalidInput for what is not there or exceeds what is left.
    """
    lines, line_amounts = scope.get("lines"), scope.get("line_amounts")
    amount, freight = scope.get("amount"), scope.get("freight")
    if amount is not None and (lines or line_amounts):
        raise InvalidInput(
            _("a refund is by line or by amount, not both"),
            field="amount",
            value=amount,
            remedy=_("make two refunds"),
        )
    if lines is None and line_amounts is None and amount is None and freight is None:
        return _everything(left)
    parts = _by_line(left, lines or {}, line_amounts or {}, currency)
    by_supplier = dict(left.freight)
    if amount is not None:
        pool = [part.amount for part in left.lines]
        pool += [] if freight is not None else list(by_supplier.values())
        _bounded(amount, sum(pool), currency, "amount")
        spread = allocate(amount, pool)
        parts = [
            _part_of(part, 0, back, back, part.amount)
            for part, back in zip(left.lines, spread, strict=False)
            if back
        ]
        if freight is None:
            by_supplier = dict(zip(by_supplier, spread[len(left.lines) :], strict=True))
    if isinstance(freight, Mapping):
        for supplier_id, back in freight.items():
            _bounded(back, left.freight.get(supplier_id, 0), currency, "freight")
        by_supplier = dict(freight)
    elif freight is not None:
        _bounded(freight, sum(left.freight.values()), currency, "freight")
        by_supplier = dict(zip(left.freight, allocate(freight, list(left.freight.values())), strict=True))
    elif amount is None:
        by_supplier = {}
    plan = RefundPlan(tuple(parts), {key: back for key, back in by_supplier.items() if back})
    # A line that a budget paid whole gives its buyer nothing back: by money alone it would always be over.
    takes_all = plan.whole == left.whole or (amount is not None and plan.amount == left.amount)
    return _everything(left) if takes_all else _something(plan)


def _something(plan: RefundPlan) -> RefundPlan:
    if not plan.lines and not plan.freight:
        raise InvalidInput(
            _("nothing is left to be refunded"), field="amount", remedy=_("look at the refunds made so far")
        )
    return plan


def _everything(left: Refundable) -> RefundPlan:
    lines = tuple(part for part in left.lines if part.quantity or any(part.parts))
    return _something(RefundPlan(lines, {key: amount for key, amount in left.freight.items() if amount}))


def _by_line(
    left: Refundable, units: Mapping[UUID, int], amounts: Mapping[UUID, int], currency: str
) -> list[LineAmounts]:
    known = {part.line.id: part for part in left.lines}
    for line_id in {*units, *amounts}:
        if line_id not in known or (line_id in units and line_id in amounts):
            raise InvalidInput(
                _("the order has no such line, or it is named twice"), field="lines", value=line_id
            )
    parts = []
    for line_id, quantity in units.items():
        part = known[line_id]
        if not isinstance(quantity, int) or not 0 < quantity <= part.quantity:
            raise InvalidInput(
                _("at most %(left)d units of this line can be refunded") % {"left": part.quantity},
                field="lines",
                value=quantity,
                remedy=_("refund fewer"),
            )
        back = part.amount * quantity // part.quantity
        parts.append(_part_of(part, quantity, back, quantity, part.quantity))
    for line_id, back in amounts.items():
        part = known[line_id]
        _bounded(back, part.amount, currency, "line_amounts")
        parts.append(_part_of(part, 0, back, back, part.amount))
    return parts


def _part_of(part: LineAmounts, quantity: int, back: int, numerator: int, denominator: int) -> LineAmounts:
    """Return what ``part`` gives when its buyer gets ``back``: that fraction of everything, gifts too."""
    subsidy, red_packet = (gift * numerator // denominator for gift in (part.subsidy, part.red_packet))
    amounts = take_portions(part.parts, back + subsidy + red_packet, numerator, denominator)
    return LineAmounts(part.line, quantity, tuple(amounts), subsidy, red_packet)


def _bounded(amount: int, most: int, currency: str, field: str) -> None:
    if not isinstance(amount, int) or not 0 < amount <= most:
        raise InvalidInput(
            _("at most %(left)s can be refunded") % {"left": format_money(most, currency)},
            field=field,
            value=amount,
            remedy=_("refund less"),
        )


def planned(refund: OrderRefund) -> RefundPlan:
    """Return the plan that was written down for a refund."""
    rows: Sequence[OrderRefundLine] = list(refund.lines.select_related("line"))
    for row in rows:
        row.line.order = refund.order
    return RefundPlan(
        tuple(
            LineAmounts(
                row.line, row.quantity, (row.cost, row.fee, *row.earnings), row.subsidy, row.red_packet
            )
            for row in rows
        ),
        {UUID(key): amount for key, amount in refund.freight.items()},
    )
