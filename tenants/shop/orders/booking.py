"""Paid: the one transaction in which an order becomes earnings, postings, supplier orders and news.

Called with the order's row locked. Its mirror is ``tenants.shop.refunds.services``.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import JSONField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payouts.suppliers import services as supplier_services
from catalog.models import Supplier
from catalog.stock import services as stock_services
from fulfilment.orders import services as order_services
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from kernel import clock, outbox, unit_of_work
from kernel.errors import NotFound
from kernel.memo import note, one_page
from kernel.models import NO_ONE
from kernel.text import pick
from tenants.agents import selectors as agents
from tenants.agents.bindings.attribution import SUSPICIONS
from tenants.agents.earnings import limits
from tenants.agents.earnings import services as earning_services
from tenants.agents.rules.parsing import Rules
from tenants.agents.rules.portions import portions
from tenants.agents.rules.sale import Chain, SaleLine, SaleOrder
from tenants.agents.rules.split import split_order
from tenants.registry.models import Tenant
from tenants.shop.models import Order, OrderLine
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.subsidies import services as subsidy_services

PAID = "order.paid"


def locked_lines(order_id: UUID) -> Sequence[OrderLine]:
    """Return the lines of an order with ``order``, whose row is locked, on each of them. Raises NotFound.

    The rules in force come with them, as ``in_force``: one statement, while others may wait for the row.
    """
    in_force = RawSQL(agents.IN_FORCE, [clock.now()], output_field=JSONField())  # noqa: S611
    locking = OrderLine.objects.select_related("order").select_for_update(of=("order",))
    lines = list(_with_policy(locking.filter(order_id=order_id)).annotate(in_force=in_force))
    if not lines:
        raise NotFound(_("there is no such order"), field="order", value=order_id)
    return lines


def book_order(
    *, order: Order, lines: Sequence[OrderLine], tenant: Tenant, payment_id: UUID, gateway: str
) -> None:
    """Book a shop order whose money has arrived and whose stock is taken; ``lines`` are ``locked_lines``.

    The rules version and the chain are those pinned when the order was placed.
    """
    with one_page(), unit_of_work.gather_writes():
        note(agents.active_rules, agents.rules_found(lines[0].in_force))  # type: ignore[attr-defined]
        _book_order(order, lines, tenant, payment_id, gateway)


def _book_order(
    order: Order, lines: Sequence[OrderLine], tenant: Tenant, payment_id: UUID, gateway: str
) -> None:
    chain, rules = pinned_rules(order)
    spent = limits.count_spent(chain, rules)
    sale = sale_of(order, lines)
    split = split_order(sale, chain, rules, spent)
    recorded = earning_services.record(
        order_id=order.id,
        order_number=order.number,
        currency=order.currency,
        split=split,
        portions=portions(sale, split, rules),
        spent=spent,
        suspicions=order.chain.get(SUSPICIONS, ()),
        is_new=True,
    )
    legs = [
        clearing_leg(gateway, order.currency, -order.total),
        *subsidy_services.spent_legs(order),
        *red_packet_services.spent_legs(order),
        *_supplier_legs(order, lines, tenant),
        leg_of(tenant, "platform", NO_ONE, AccountKind.PLATFORM_FEE, order.currency, order.fee),
        *earning_services.paid_legs(recorded, tenant, order.currency),
    ]
    _book(order, lines, tenant, legs, payment_id)


def book_partner_order(*, order: Order, tenant: Tenant) -> None:
    """Book a partner's order against the tenant's prepaid balance. Raises InsufficientBalance."""
    stock_services.commit_reservation(reference=order.id)
    lines = list(_with_policy(order.lines.all()))
    legs = [
        leg_of(tenant, "tenant", tenant.id, AccountKind.TENANT_PREPAID, order.currency, -order.total),
        *_supplier_legs(order, lines, tenant),
        leg_of(tenant, "platform", NO_ONE, AccountKind.PLATFORM_FEE, order.currency, order.fee),
    ]
    with unit_of_work.gather_writes():
        _book(order, lines, tenant, legs, None)


def _with_policy(lines: QuerySet[OrderLine]) -> QuerySet[OrderLine]:
    """The lines, each with its supplier's policy of payment as ``settlement``."""
    policy = Supplier.objects.filter(id=OuterRef("supplier_id")).values("settlement")
    return lines.annotate(settlement=Subquery(policy))


def pinned_rules(order: Order) -> tuple[Chain, Rules]:
    """Return the chain and the rules that were in force when the order was placed."""
    assert order.rules_version is not None
    version, active = agents.active_rules()
    rules = active if version == order.rules_version else agents.rules_of(order.rules_version)
    return agents.chain_from_json(order.chain), rules


def sale_of(order: Order, lines: Sequence[OrderLine]) -> SaleOrder:
    """Return the order as the rules engine takes it."""
    return SaleOrder(
        id=str(order.id),
        currency=order.currency,
        lines=tuple(
            SaleLine(
                id=str(line.id),
                product=str(line.product_id),
                categories=tuple(line.categories),
                tags=tuple(line.tags),
                quantity=line.quantity,
                paid=line.paid,
                cost=line.unit_cost * line.quantity,
            )
            for line in lines
        ),
        platform_fee=order.fee,
    )


def _book(
    order: Order, lines: Sequence[OrderLine], tenant: Tenant, legs: Sequence[Leg], payment_id: UUID | None
) -> None:
    supplier_orders = order_services.create_supplier_orders(
        tenant=tenant,
        order_id=order.id,
        order_number=order.number,
        shop_name=pick(tenant.name, tenant.locale),
        ship_to=order.ship_to,
        currency=order.currency,
        drafts=_drafts(order, lines),
        is_new=True,
    )
    settlements: dict[UUID, str] = {line.supplier_id: line.settlement for line in lines}  # type: ignore[attr-defined]
    supplier_services.record_payables(
        tenant_id=tenant.id,
        order_id=order.id,
        currency=order.currency,
        payment_id=payment_id,
        owed=[
            supplier_services.Owed(row.supplier_id, row.id, row.payable, settlements[row.supplier_id])
            for row in supplier_orders
        ],
    )
    order.state, order.paid_at = Order.State.PAID, clock.now()
    unit_of_work.update(order, ["state", "paid_at"])
    outbox.emit(PAID, {"order_id": str(order.id)})
    # The ledger is last: its locks are those that all orders share.
    ledger.post(
        tenant_id=tenant.id,
        kind=PAID,
        idempotency_key=str(order.id),
        legs=[leg for leg in legs if leg.amount],
        subject_id=order.id,
        rule_version=order.rules_version,
    )


def _drafts(order: Order, lines: Sequence[OrderLine]) -> list[SupplierOrderDraft]:
    by_supplier: dict[UUID, list[OrderLine]] = {}
    for line in lines:
        by_supplier.setdefault(line.supplier_id, []).append(line)
    return [
        SupplierOrderDraft(
            supplier_id=supplier_id,
            freight=order.freight_parts.get(str(supplier_id), 0),
            lines=[
                DraftLine(
                    variant_id=line.variant_id,
                    sku=line.sku,
                    title=line.title,
                    options=line.options,
                    quantity=line.quantity,
                    unit_cost=line.unit_cost,
                    kind=line.kind,
                )
                for line in own
            ],
        )
        for supplier_id, own in sorted(by_supplier.items())
    ]


def _supplier_legs(order: Order, lines: Sequence[OrderLine], tenant: Tenant) -> list[Leg]:
    owed = {UUID(key): freight for key, freight in order.freight_parts.items()}
    for line in lines:
        owed[line.supplier_id] = owed.get(line.supplier_id, 0) + line.unit_cost * line.quantity
    return [
        leg_of(tenant, "supplier", supplier_id, AccountKind.SUPPLIER_PAYABLE, order.currency, amount)
        for supplier_id, amount in sorted(owed.items())
    ]


def leg_of(
    tenant: Tenant, owner_kind: str, owner_id: UUID, kind: AccountKind, currency: str, amount: int
) -> Leg:
    """Return one side of a transfer about this tenant's orders."""
    # Suppliers and the platform have one account across all tenants; members and tenants their own.
    shared = owner_kind in {"platform", "supplier"}
    return Leg(owner_kind, owner_id, kind, currency, amount, NO_ONE if shared else tenant.id)
