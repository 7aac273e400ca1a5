"""What the shop does when a payment, a supplier order or a blueprint says that something happened."""

from uuid import UUID

from billing.payments import purposes
from catalog.allocations import services as allocation_services
from kernel.events import outbox
from kernel.models import Event
from kernel.tenancy import in_tenant
from selection import sources
from tenants.registry import blueprints
from tenants.registry.blueprints import SpawnContext
from tenants.registry.models import Tenant
from tenants.registry.selectors import tenant_of_schema
from tenants.shop import selection_sources
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.assortment import AssortmentRule
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders import services as order_services
from tenants.shop.promotions.campaigns import services as campaign_services
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.refunds import after_sales, disputes, foreign
from tenants.shop.refunds import services as refund_services


def register() -> None:
    """Declare what an order's payment is for, and subscribe to events; called once from AppConfig.ready."""
    purposes.register(
        order_services.PURPOSE,
        purposes.Purpose(
            paid=order_services.mark_paid,
            refunded=refund_services.mark_refunded,
            refund_failed=refund_services.mark_failed,
            foreign_refund=foreign.mark_foreign_refund,
            dispute_opened=disputes.mark_opened,
            dispute_won=disputes.mark_won,
            dispute_lost=disputes.mark_lost,
            may_pay=order_selectors.may_pay,
            is_payable=order_selectors.is_payable,
            return_page=order_selectors.return_page,
            title=order_selectors.payment_title,
        ),
    )
    outbox.subscribe("order.deadline", on_deadline)
    outbox.subscribe(red_packet_services.OVER, on_red_packets_over)
    for topic in ("supplier_order.shipped", "supplier_order.received"):
        outbox.subscribe(topic, on_supplier_order_moved)
    outbox.subscribe("supplier_order.out_of_stock", after_sales.on_out_of_stock)
    outbox.subscribe("supplier_order.vouchers_lapsed", after_sales.on_vouchers_lapsed)
    outbox.subscribe("case.refund", after_sales.on_case_refund)
    outbox.subscribe(after_sales.WAITS, after_sales.on_waited)
    outbox.subscribe(refund_services.REFUNDED, after_sales.on_refunded)
    outbox.subscribe(refund_services.REFUND_FAILED, after_sales.on_refund_failed)
    outbox.subscribe(campaign_services.TURNED, on_campaign_turned)
    blueprints.register_section("assortment", model=AssortmentRule, apply=apply_assortment)
    sources.register(
        panel=selection_sources.best_sellers,
        jury=selection_sources.drawn_members,
        on_sale=selection_sources.listed_now,
        shop_name=selection_sources.shop_name,
        schema=selection_sources.schema_of,
        shops=selection_sources.shops,
    )


def on_deadline(event: Event) -> None:
    """Close an order that was not paid within its time, and free what was reserved for it."""
    with in_tenant(tenant_of_schema(event.schema)):
        order_services.expire_order(order_id=UUID(event.payload["order_id"]))


def on_red_packets_over(event: Event) -> None:
    """Take red packets back that nobody may use any more, and return their money to the budget."""
    with in_tenant(tenant_of_schema(event.schema)):
        red_packet_services.close(batch_id=UUID(event.payload["batch_id"]))


def on_supplier_order_moved(event: Event) -> None:
    """A supplier has sent, or the member received, a supplier order."""
    with in_tenant(tenant_of_schema(event.schema)):
        order_services.follow_supplier_orders(order_id=UUID(event.payload["order_id"]))


def on_campaign_turned(event: Event) -> None:
    """An hour of a campaign has come: its units and prices may be others."""
    with in_tenant(tenant_of_schema(event.schema)):
        allocation_services.follow_times(campaign_id=UUID(event.payload["campaign_id"]))
        listing_services.count_change()


def apply_assortment(tenant: Tenant, rule: AssortmentRule, context: SpawnContext) -> None:
    """Give a new tenant the assortment of its blueprint."""
    listing_services.set_assortment(rule=rule, acting_user=context.owner or "blueprint")
