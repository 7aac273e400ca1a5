"""Orders as their buyers and operators see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.db.models import QuerySet

from accounts.models import User
from catalog.models import Product, Supplier
from fulfilment.models import SupplierOrder, Voucher
from fulfilment.orders import selectors as order_selectors
from fulfilment.vouchers import selectors as voucher_selectors
from kernel.text import pick
from tenants.shop.models import Order, OrderLine
from tenants.shop.orders.access import order_of

Delivery = SupplierOrder.Delivery


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel of an order part."""

    carrier: str
    tracking_number: str
    shipped_at: datetime


@dataclass(frozen=True, slots=True)
class VoucherView:
    """A voucher as its holder shows it: ``code`` in groups of four, ``picture`` its QR code as SVG."""

    title: str
    code: str
    picture: str
    uses: int
    left: int
    expires_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class SupplierOrderView:
    """What one supplier sends of an order: parcels, or vouchers."""

    supplier_order_id: UUID | None
    supplier_name: str
    number: str
    state: str
    freight: int
    lines: Sequence[Any]
    parcels: Sequence[ParcelView]
    vouchers: Sequence[VoucherView]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its buyer sees it; ``order`` is the row, without supply cost in any template."""

    order: Any
    parts: Sequence[SupplierOrderView]
    can_pay: bool
    can_cancel: bool
    can_receive: bool


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
    sent = {(part.supplier_id, part.delivery): part for part in order_selectors.supplier_orders_of(order.id)}
    parts = []
    for (supplier_id, how), lines in sorted(groups.items()):
        part = sent.get((supplier_id, how))
        has_freight = how == Delivery.PARCEL or (supplier_id, Delivery.PARCEL) not in groups
        parts.append(
            SupplierOrderView(
                supplier_order_id=part.id if part else None,
                supplier_name=pick(suppliers[supplier_id].name),
                number=part.number if part else "",
                state=part.state if part else "",
                freight=order.freight_parts.get(str(supplier_id), 0) if has_freight else 0,
                lines=lines,
                parcels=[
                    ParcelView(item.carrier, item.tracking_number, item.shipped_at)
                    for item in (part.shipments.all() if part else [])
                ],
                vouchers=[_voucher(item) for item in voucher_selectors.vouchers_of(part)] if part else [],
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
        state=voucher_selectors.state_of(voucher),
    )
