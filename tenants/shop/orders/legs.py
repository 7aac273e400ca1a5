"""What a paid order is worth to whom: its split, the legs of its transfer, the drafts of its supplier orders.

Its mirror is ``tenants.shop.refunds.plan``.
"""

from collections.abc import Sequence
from uuid import UUID

from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from kernel.models import NO_ONE
from tenants.agents.attribution.selectors import SUSPICIONS
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.earnings import limits, postings
from tenants.agents.earnings import services as earning_services
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.sale.values import Chain, SaleLine, SaleOrder
from tenants.agents.rules.splitting.portions import portions
from tenants.agents.rules.splitting.split import split_order
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.promotions.goods_subsidies import services as goods_subsidy_services
from tenants.shop.promotions.red_packets import services as red_packet_services

PAID = "order.paid"


def member_legs(order: Order, lines: Sequence[OrderLine], tenant: Tenant, gateway: str) -> list[Leg]:
    """Split a member's paid order, record the earnings, and return the legs that pay everybody.

    ``gateway`` has what the member paid; "" where subsidies and a red packet left nothing to pay. The rules
    version and the chain are those pinned when the order was placed. The red packet counts as used.
    """
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
    return [
        *([clearing_leg(gateway, order.currency, -order.total)] if order.total else []),
        *goods_subsidy_services.spent_legs(order),
        *red_packet_services.spent_legs(order),
        *_supplier_legs(order, lines, tenant),
        leg_of(tenant, "platform", NO_ONE, AccountKind.PLATFORM_FEE, order.currency, order.fee),
        *postings.paid_legs(recorded, tenant, order.currency),
    ]


def partner_legs(order: Order, lines: Sequence[OrderLine], tenant: Tenant) -> list[Leg]:
    """Return the legs that pay a partner's order from the tenant's prepaid balance."""
    return [
        leg_of(tenant, "tenant", tenant.id, AccountKind.TENANT_PREPAID, order.currency, -order.total),
        *_supplier_legs(order, lines, tenant),
        leg_of(tenant, "platform", NO_ONE, AccountKind.PLATFORM_FEE, order.currency, order.fee),
    ]


def pinned_rules(order: Order) -> tuple[Chain, Rules]:
    """Return the chain and the rules that were in force when the order was placed."""
    assert order.rules_version is not None
    version, active = rules_version_selectors.active_rules()
    rules = (
        active if version == order.rules_version else rules_version_selectors.rules_of(order.rules_version)
    )
    return binding_selectors.chain_from_json(order.chain), rules


def sale_of(order: Order, lines: Sequence[OrderLine]) -> SaleOrder:
    """Return the order as the rules engine takes it."""
    return SaleOrder(
        id=str(order.id),
        currency=order.currency,
        lines=tuple(sale_line(line, line.paid) for line in lines),
        platform_fee=order.fee,
    )


def sale_line(line: OrderLine, paid: int) -> SaleLine:
    """Return a line as the rules engine takes it, at what was paid for it (minor units)."""
    return SaleLine(
        id=str(line.id),
        product=str(line.product_id),
        categories=tuple(line.categories),
        tags=tuple(line.tags),
        quantity=line.quantity,
        paid=paid,
        cost=line.unit_cost * line.quantity,
    )


def supplier_drafts(order: Order, lines: Sequence[OrderLine]) -> list[SupplierOrderDraft]:
    """Return what each supplier is to send, with its freight, in the order of the suppliers' ids."""
    by_supplier: dict[UUID, list[OrderLine]] = {}
    for line in lines:
        by_supplier.setdefault(line.supplier_id, []).append(line)
    return [
        SupplierOrderDraft(
            supplier_id=supplier_id,
            freight=order.freight_by_supplier.get(str(supplier_id), 0),
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
    owed = {UUID(key): freight for key, freight in order.freight_by_supplier.items()}
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
