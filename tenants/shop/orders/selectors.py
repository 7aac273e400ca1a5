"""Orders as their buyers and operators see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import segno
from django.db import connection
from django.db.models import JSONField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from accounts.models import User
from billing.payments.models import Payment
from billing.payments.purposes import PayerPage
from catalog.models import Product, Supplier
from fulfilment.cases import selectors as case_selectors
from fulfilment.models import Case, Shipment, SupplierOrder, Voucher
from fulfilment.orders import selectors as supplier_order_selectors
from fulfilment.vouchers import selectors as voucher_selectors
from kernel import clock
from kernel.errors import NotFound
from kernel.texts.translated import pick
from tenants.agents.attribution.selectors import SHARED_FOR
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.shop.orders.access import order_of
from tenants.shop.orders.models import Order, OrderLine

Delivery, State = SupplierOrder.Delivery, SupplierOrder.State


@dataclass(frozen=True, slots=True)
class VoucherView:
    """A voucher as its holder shows it: ``code`` in groups of four, ``picture`` its QR code as SVG.

    ``valid_until``: its last day, where the merchant is.
    """

    title: str
    code: str
    picture: str
    uses: int
    left: int
    valid_until: date
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
    parcels: Sequence[Shipment]
    vouchers: Sequence[VoucherView]
    case: Case | None
    """The after-sales case about it that is open, else the latest one."""

    @property
    def can_open_case(self) -> bool:
        """True if its buyer may ask for a refund, a return or an exchange."""
        is_open = self.case is not None and self.case.state != Case.State.CLOSED
        return self.supplier_order_id is not None and self.state != State.CANCELLED and not is_open


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its buyer sees it; ``order`` is the row, without supply cost in any template."""

    order: Any
    supplier_orders: Sequence[SupplierOrderView]
    can_cancel: bool
    can_receive: bool


@dataclass(frozen=True, slots=True)
class UnpaidOrders:
    """What waits for its money: a person's orders and the units in them, and orders on the same devices."""

    orders: int
    units: int
    orders_on_devices: int
    repeated_id: UUID | None
    """The order that was placed with the same key before."""


_UNPAID = """
SELECT count(*) FILTER (WHERE waiting.buyer_id = %(user)s),
       coalesce(sum(waiting.units) FILTER (WHERE waiting.buyer_id = %(user)s), 0)::int, count(*),
       (SELECT earlier.id FROM shop_order earlier WHERE earlier.idempotency_key = %(key)s)
FROM (
    SELECT unpaid.buyer_id, (
        SELECT sum(line.quantity) FROM shop_orderline line WHERE line.order_id = unpaid.id) AS units
    FROM shop_order unpaid
    WHERE unpaid.state = 'placed' AND unpaid.buyer_id IN (
        SELECT %(user)s UNION SELECT theirs.member_id FROM agents_deviceseen theirs
        WHERE theirs.last_at >= %(since)s AND theirs.device IN (
            SELECT %(device)s UNION SELECT own.device FROM agents_deviceseen own
            WHERE own.member_id = %(user)s AND own.last_at >= %(since)s))
) waiting
"""


def unpaid_of(user: User, device: str, key: str) -> UnpaidOrders:
    """Return what of a person, and of those seen lately on ``device`` or on their devices, is not paid.

    ``key`` is the idempotency key of the order that is to be placed: one statement answers both.
    """
    since = clock.now() - SHARED_FOR
    with connection.cursor() as cursor:
        cursor.execute(_UNPAID, {"user": user.pk, "device": device, "since": since, "key": key})
        return UnpaidOrders(*cursor.fetchone())


def waiting_of(user: User) -> list[Order]:
    """Return a member's orders that wait for their money, newest first."""
    return list(Order.objects.filter(buyer=user, state=Order.State.PLACED).order_by("-placed_at"))


def orders_of(user: User) -> QuerySet[Order]:
    """Return a member's orders, newest first, lines prefetched."""
    return Order.objects.filter(buyer_id=user.pk).order_by("-placed_at").prefetch_related("lines")


def may_pay(payment: Payment, user: User) -> bool:
    """Say whether the payment is for an order of this person's own."""
    return Order.objects.filter(payment_id=payment.id, buyer_id=user.pk).exists()


def is_payable(payment: Payment) -> bool:
    """Say whether the order of a payment still waits for it; what came too late would only be sent back."""
    return Order.objects.filter(payment_id=payment.id, state=Order.State.PLACED).exists()


def return_page(payment: Payment) -> PayerPage:
    """Return the page of a payment's order."""
    number = Order.objects.values_list("number", flat=True).get(payment_id=payment.id)
    return PayerPage("order", (number,), follows=True)


def payment_title(payment: Payment) -> str:
    """Return what a payer reads of an order's payment, in any schema."""
    return _("Order %(number)s") % {"number": payment.description}


def order_view(*, number: str, user: User) -> OrderView:
    """Return one of the member's own orders; NotFound for anybody else's."""
    return order_view_of(order_of(number=number, user=user))


def order_view_of(order: Order) -> OrderView:
    """Return an order with its supplier orders, parcels and vouchers, before and after it was paid."""
    groups: dict[tuple[UUID, str], list[OrderLine]] = {}
    for line in order.lines.all():
        delivery = Delivery.VOUCHER if line.kind == Product.Kind.VOUCHER else Delivery.PARCEL
        groups.setdefault((line.supplier_id, delivery.value), []).append(line)
    suppliers = Supplier.objects.in_bulk({supplier_id for supplier_id, _how in groups})
    sent = {
        (row.supplier_id, row.delivery): row for row in supplier_order_selectors.supplier_orders_of(order.id)
    }
    cases = {case.supplier_order_id: case for case in case_selectors.cases_of_order(order.id)} if sent else {}
    views = []
    for (supplier_id, how), lines in sorted(groups.items()):
        row = sent.get((supplier_id, how))
        has_freight = how == Delivery.PARCEL or (supplier_id, Delivery.PARCEL) not in groups
        views.append(
            SupplierOrderView(
                supplier_order_id=row.id if row else None,
                supplier_name=pick(suppliers[supplier_id].name),
                number=row.number if row else "",
                state=row.state if row else "",
                freight=order.freight_by_supplier.get(str(supplier_id), 0) if has_freight else 0,
                lines=lines,
                parcels=list(row.shipments.all()) if row else [],
                vouchers=[_voucher(item) for item in voucher_selectors.vouchers_of(row)] if row else [],
                case=cases.get(row.id) if row else None,
            )
        )
    on_its_way = any(
        row.state == SupplierOrder.State.SHIPPED and row.delivery == Delivery.PARCEL for row in sent.values()
    )
    return OrderView(
        order=order,
        supplier_orders=views,
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
        valid_until=voucher.valid_until,
        state=voucher_selectors.state_of(voucher),
    )


def locked_lines(order_id: UUID) -> Sequence[OrderLine]:
    """Return the lines of an order with ``order``, whose row is locked, on each of them. Raises NotFound.

    The rules in force come with them, as ``in_force``: one statement, while others may wait for the row.
    """
    in_force = RawSQL(rules_version_selectors.IN_FORCE, [clock.now()], output_field=JSONField())  # noqa: S611
    locking = OrderLine.objects.select_related("order").select_for_update(of=("order",))
    lines = list(with_policy(locking.filter(order_id=order_id)).annotate(in_force=in_force))
    if not lines:
        raise NotFound(_("there is no such order"), field="order", value=order_id)
    return lines


def with_policy(lines: QuerySet[OrderLine]) -> QuerySet[OrderLine]:
    """Return the lines, each with ``settlement_policy`` of its supplier."""
    policy = Supplier.objects.filter(id=OuterRef("supplier_id")).values("settlement_policy")
    return lines.annotate(settlement_policy=Subquery(policy))


def locked_order(order_id: UUID) -> Order:
    """Return the order with its row locked. Raises NotFound."""
    order = Order.objects.select_for_update(of=("self",)).filter(id=order_id).first()
    if order is None:
        raise NotFound(_("there is no such order"), field="order", value=order_id)
    return order
