"""Orders as their buyers and operators see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import segno
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from billing.ledger import selectors as ledger
from billing.ledger.models import AccountKind
from billing.payments import reasons
from catalog.models import Product, Supplier
from fulfilment.models import SupplierOrder, Voucher
from fulfilment.orders import selectors as order_selectors
from fulfilment.vouchers import services as voucher_services
from kernel.money import MoneyFlow, allocate
from kernel.text import pick
from tenants.agents import selectors as agents
from tenants.registry.selectors import current_tenant
from tenants.shop.access import order_of
from tenants.shop.models import Order, OrderLine, OrderRefund
from tenants.shop.orders.booking import PAID
from tenants.shop.pricing.shapes import OrderPart, OrderView, Parcel, VoucherView
from tenants.shop.refunds.plan import Plan
from tenants.shop.refunds.services import REFUNDED

Delivery = SupplierOrder.Delivery


def orders_of(user: User) -> QuerySet[Order]:
    """Return a member's orders, newest first, lines prefetched."""
    return Order.objects.filter(buyer_id=user.pk).order_by("-placed_at").prefetch_related("lines")


def order_view(*, number: str, user: User) -> OrderView:
    """Return one of the member's own orders; NotFound for anybody else's."""
    return view_of(order_of(number=number, user=user))


def view_of(order: Order) -> OrderView:
    """Return an order with its parts, parcels and vouchers, before and after it was split."""
    groups: dict[tuple[UUID, str], list[OrderLine]] = {}
    for line in order.lines.all():
        delivery = Delivery.VOUCHER if line.kind == Product.Kind.VOUCHER else Delivery.PARCEL
        groups.setdefault((line.supplier_id, delivery.value), []).append(line)
    suppliers = Supplier.objects.in_bulk({supplier_id for supplier_id, _how in groups})
    sent = {(part.supplier_id, part.delivery): part for part in order_selectors.parts_of(order.id)}
    parts = []
    for (supplier_id, how), lines in sorted(groups.items()):
        part = sent.get((supplier_id, how))
        has_freight = how == Delivery.PARCEL or (supplier_id, Delivery.PARCEL) not in groups
        parts.append(
            OrderPart(
                supplier_order_id=part.id if part else None,
                supplier_name=pick(suppliers[supplier_id].name),
                number=part.number if part else "",
                state=part.state if part else "",
                freight=order.freight_parts.get(str(supplier_id), 0) if has_freight else 0,
                lines=lines,
                parcels=[
                    Parcel(item.carrier, item.tracking_number, item.shipped_at)
                    for item in (part.shipments.all() if part else [])
                ],
                vouchers=[_voucher(item) for item in voucher_services.of_part(part)] if part else [],
            )
        )
    on_its_way = any(
        part.state == SupplierOrder.State.SHIPPED and part.delivery == Delivery.PARCEL
        for part in sent.values()
    )
    return OrderView(
        order=order,
        parts=parts,
        can_pay=order.state == Order.State.PLACED,
        can_cancel=order.state == Order.State.PLACED,
        can_receive=order.state == Order.State.SHIPPED and on_its_way,
    )


def _voucher(voucher: Voucher) -> VoucherView:
    return VoucherView(
        title=pick(voucher.title),
        code=voucher.spaced,
        picture=segno.make(voucher.code, error="m").svg_inline(scale=5, border=2, omitsize=True),
        uses=voucher.uses,
        left=voucher.left,
        expires_at=voucher.expires_at,
        state=voucher_services.state_of(voucher),
    )


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One party of an order: what it got, what it gave back since (minor units), and why."""

    party: str
    kind: str
    amount: int
    why: str
    back: int = 0


def money_map(order: Order) -> tuple[list[MoneyFlow], list[MoneyRow]]:
    """Return where an order's money went and what came back, as ribbons for the picture and as rows.

    The rows' amounts are those booked when it was paid; ``back`` is what refunds took from each since. The
    ribbons show what each has kept, and what went back.
    """
    names, found = _names(order), agents.shares_of(order.id)
    whys: dict[tuple[str, str], list[str]] = {}
    kinds: dict[str, set[str]] = {}
    for share in found:
        # One person may earn under several lines of the rules: one amount, several sentences.
        whys.setdefault((share.payee_id, share.payee_kind), []).append(pick(share.why))
        kinds.setdefault(share.payee_id, set()).add(share.kind)
    back: dict[tuple[str, UUID], int] = {}
    given_back = 0
    for flow in ledger.flows(order.id, kind=REFUNDED):
        owner = (flow.owner_kind, flow.owner_id)
        if flow.kind in SUBSIDIES:
            given_back += flow.amount
        elif flow.kind not in SOURCES:
            back[owner] = back.get(owner, 0) - flow.amount
    by_api = order.channel == Order.Channel.API
    payer = _("Partner's balance") if by_api else _("Paid by the member")
    payee = _("Back to the partner's balance") if by_api else _("Refunded to the member")
    kept: list[tuple[str, str, int, str]] = []
    rows = []
    for flow in ledger.flows(order.id, kind=PAID):
        if flow.amount <= 0:
            continue
        key = str(flow.owner_id)
        kind = _("Service provider's fee") if kinds.get(key) == {"service_fee"} else KIND_LABELS[flow.kind]()
        label = names.get((flow.owner_kind, flow.owner_id), kind)
        why = "; ".join(text for (who, _kind), texts in whys.items() if who == key for text in texts)
        returned = back.get((flow.owner_kind, flow.owner_id), 0)
        if flow.amount > returned:
            kept.append((label, kind, flow.amount - returned, TONES[flow.kind]))
        rows.append(MoneyRow(label, kind, flow.amount, why, returned))
    # A subsidy is a source of its own; what it paid of each party's part is its share of the whole.
    gift = order.subsidy + order.packet if rows else 0
    parts = allocate(gift - given_back, [amount for _label, _kind, amount, _tone in kept])
    ribbons = []
    for (label, kind, amount, tone), part in zip(kept, parts, strict=True):
        for source, paid in ((payer, amount - part), (_("Subsidy"), part)):
            if paid:
                ribbons.append(MoneyFlow(source=source, target=label, amount=paid, label=kind, tone=tone))
    if refunded := sum(row.back for row in rows) - given_back:
        ribbons.append(MoneyFlow(source=payer, target=payee, amount=refunded, label="", tone="source"))
    if given_back:
        home = _("Back to the subsidy budget")
        ribbons.append(MoneyFlow(_("Subsidy"), home, given_back, "", "source"))
    return ribbons, rows


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
    """Return the refunds of an order, oldest first."""
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
    return str(reasons.in_words(row.reason)) if row.cause == OrderRefund.Cause.DISPUTE else row.reason


def givers(order: Order, plan: Plan) -> list[MoneyRow]:
    """Return who gives back what by ``plan``: the rows sum to what the buyer gets."""
    names = _names(order)
    rows = [
        MoneyRow(names["supplier", supplier_id], _("Supply cost and freight"), amount, "")
        for supplier_id, amount in sorted(plan.suppliers.items())
    ]
    rows.append(MoneyRow(_("Service fee"), "", plan.fee, ""))
    for share, amount in zip(agents.shares_of(order.id), plan.shares, strict=False):
        owner = "tenant" if share.payee_kind == "tenant" else "member"
        name = names.get((owner, UUID(share.payee_id)), "–")
        rows.append(MoneyRow(name, SHARE_LABELS[share.kind](), amount, ""))
    return [row for row in rows if row.amount]


KIND_LABELS = {
    AccountKind.SUPPLIER_PAYABLE: lambda: _("Supply cost and freight"),
    AccountKind.PLATFORM_FEE: lambda: _("Service fee"),
    AccountKind.COMMISSION_PENDING: lambda: _("Commission"),
    AccountKind.SERVICE_FEE_PAYABLE: lambda: _("Service provider's fee"),
    AccountKind.TENANT_MARGIN: lambda: _("Shop's margin"),
}
TONES = {
    AccountKind.SUPPLIER_PAYABLE: "supply",
    AccountKind.PLATFORM_FEE: "fee",
    AccountKind.COMMISSION_PENDING: "people",
    AccountKind.SERVICE_FEE_PAYABLE: "people",
    AccountKind.TENANT_MARGIN: "shop",
}
SHARE_LABELS = {
    "commission": lambda: _("Commission"),
    "service_fee": lambda: _("Service provider's fee"),
    "margin": lambda: _("Shop's margin"),
}
SOURCES = frozenset({AccountKind.PSP_CLEARING, AccountKind.TENANT_PREPAID, AccountKind.DISPUTED})
"""Where a refund's money comes from; every other account gives it back."""


SUBSIDIES = frozenset({AccountKind.SUBSIDY_BUDGET, AccountKind.SUBSIDY_CLAIMED})


def _names(order: Order) -> dict[tuple[str, UUID], str]:
    tenant = current_tenant()
    names: dict[tuple[str, UUID], str] = {("tenant", tenant.id): pick(tenant.name)}
    for supplier in Supplier.objects.filter(id__in=order.lines.values_list("supplier_id", flat=True)):
        names["supplier", supplier.id] = pick(supplier.name)
    for member_id, name in agents.member_names(
        [share.payee_id for share in agents.shares_of(order.id)]
    ).items():
        names["member", member_id] = name
    return names
