"""What the circle does when somebody signs up or in, and when goods arrive."""

from uuid import UUID

from billing.payments import purposes
from billing.payouts.accounts import services as account_services
from kernel import outbox
from kernel.models import OutboxEvent
from kernel.tenancy import in_tenant
from tenants.agents.deposits import services as deposit_services
from tenants.agents.earnings import account_reviews
from tenants.agents.earnings import services as earning_services
from tenants.agents.roles import reviews
from tenants.agents.ruleset import blueprint
from tenants.registry.blueprints import register_section
from tenants.registry.selectors import active_tenants, tenant_of_schema


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    purposes.register(
        deposit_services.PURPOSE,
        purposes.Purpose(
            paid=deposit_services.mark_paid,
            refunded=deposit_services.mark_refunded,
            dispute_lost=deposit_services.mark_lost,
        ),
    )
    register_section("rules", model=blueprint.RulesSection, apply=blueprint.apply)
    reviews.register()
    outbox.subscribe("order.received", on_order_received)
    outbox.subscribe(earning_services.DUE, on_earning_due)
    outbox.subscribe(account_services.CHANGED, on_account_changed)


def on_order_received(event: OutboxEvent) -> None:
    """All of an order has arrived: from now on count the days after which its earnings are payable."""
    with in_tenant(tenant_of_schema(event.schema)):
        earning_services.hold(order_id=UUID(event.payload["order_id"]))


def on_earning_due(event: OutboxEvent) -> None:
    """The days of the rules are over for some earnings of an order."""
    with in_tenant(tenant_of_schema(event.schema)):
        earning_services.release_due(order_id=UUID(event.payload["order_id"]))


def on_account_changed(event: OutboxEvent) -> None:
    """A member is paid to another bank account: earnings that wait may look like the buyer's own now."""
    if event.payload["owner_kind"] != account_services.OwnerKind.MEMBER:
        return
    tenant = active_tenants().filter(pk=event.payload["tenant_id"]).first()
    if tenant is not None:
        with in_tenant(tenant):
            account_reviews.review(member_id=UUID(event.payload["owner_id"]))
