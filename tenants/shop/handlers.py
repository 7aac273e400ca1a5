"""What the shop does when a lower floor reports something."""

from uuid import UUID

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts.models import User
from billing.payments import purposes
from kernel import outbox
from kernel.models import OutboxEvent
from kernel.tenancy import PUBLIC, current_schema, in_tenant
from selection import sources
from tenants.registry import blueprints
from tenants.registry.blueprints import SpawnContext
from tenants.registry.models import Tenant
from tenants.registry.selectors import tenant_of_schema
from tenants.shop import (
    after_sales,
    campaigns,
    checkout,
    disputes,
    judges,
    orders,
    packets,
    refunds,
    services,
)
from tenants.shop.access import DEVICE_COOKIE
from tenants.shop.assortment import Rule


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    purposes.register(
        checkout.PURPOSE,
        purposes.Purpose(
            paid=orders.mark_paid,
            refunded=refunds.mark_refunded,
            refund_failed=refunds.mark_failed,
            dispute_opened=disputes.mark_opened,
            dispute_won=disputes.mark_won,
            dispute_lost=disputes.mark_lost,
        ),
    )
    outbox.subscribe("order.deadline", on_deadline)
    outbox.subscribe(packets.OVER, on_packets_over)
    for topic in ("supplier_order.shipped", "supplier_order.received"):
        outbox.subscribe(topic, on_part_moved)
    outbox.subscribe("supplier_order.out_of_stock", after_sales.on_out_of_stock)
    outbox.subscribe("supplier_order.vouchers_lapsed", after_sales.on_vouchers_lapsed)
    outbox.subscribe("case.refund", after_sales.on_case_refund)
    outbox.subscribe(after_sales.WAITS, after_sales.on_waited)
    outbox.subscribe(refunds.REFUNDED, after_sales.on_refunded)
    outbox.subscribe(refunds.REFUND_FAILED, after_sales.on_refund_failed)
    outbox.subscribe(campaigns.TURNED, campaigns.on_turned)
    blueprints.register_section("assortment", model=Rule, apply=apply_assortment)
    user_logged_in.connect(on_sign_in, dispatch_uid="shop.merge_carts")
    sources.register(
        panel=judges.best_sellers,
        jury=judges.drawn_members,
        on_sale=judges.listed_now,
        shop_name=judges.shop_name,
        schema=judges.schema_of,
        shops=judges.shops,
    )


def on_deadline(event: OutboxEvent) -> None:
    """An order's time to pay is over."""
    with in_tenant(tenant_of_schema(event.schema)):
        orders.expire_order(order_id=UUID(event.payload["order_id"]))


def on_packets_over(event: OutboxEvent) -> None:
    """The time of red packets is over."""
    with in_tenant(tenant_of_schema(event.schema)):
        packets.settle(packets_id=UUID(event.payload["packets_id"]))


def on_part_moved(event: OutboxEvent) -> None:
    """A supplier has sent, or the member received, one part of an order."""
    with in_tenant(tenant_of_schema(event.schema)):
        orders.follow_parts(order_id=UUID(event.payload["order_id"]))


def apply_assortment(tenant: Tenant, rule: Rule, context: SpawnContext) -> None:
    """Give a new tenant the assortment of its blueprint."""
    services.set_assortment(rule=rule, acting_user=context.owner or "blueprint")


def on_sign_in(sender: type[User], request: HttpRequest, user: User, **_signal: object) -> None:
    """Whoever signs in keeps what they collected before."""
    device = request.COOKIES.get(DEVICE_COOKIE)
    if device and current_schema() != PUBLIC:
        services.merge_carts(device=device, user=user)
