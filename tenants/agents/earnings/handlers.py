"""What earnings do when goods arrive, when a holding period ends and when an account changes."""

from uuid import UUID

from billing.payouts.accounts import services as payout_account_services
from kernel.events import outbox
from kernel.models import Event
from kernel.tenancy import in_tenant
from tenants.agents.earnings import messages, services
from tenants.registry.selectors import active_tenants, tenant_of_schema


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    outbox.subscribe("order.received", on_order_received)
    outbox.subscribe(services.DUE, on_earning_due)
    outbox.subscribe(payout_account_services.CHANGED, on_account_changed)
    for end in ("paid", "failed", "refused"):
        outbox.subscribe(f"withdrawal.{end}", on_withdrawal_ended)


def on_order_received(event: Event) -> None:
    """All of an order has arrived: from now on count the days after which its earnings are payable."""
    with in_tenant(tenant_of_schema(event.schema)):
        services.start_holding_period(order_id=UUID(event.payload["order_id"]))


def on_earning_due(event: Event) -> None:
    """The holding period is over for some earnings of an order."""
    with in_tenant(tenant_of_schema(event.schema)):
        services.release_due(order_id=UUID(event.payload["order_id"]))


def on_withdrawal_ended(event: Event) -> None:
    """A withdrawal was sent, failed or was turned down: whoever waits for it is told so."""
    messages.notify_of_end(withdrawal_id=UUID(event.payload["withdrawal_id"]))


def on_account_changed(event: Event) -> None:
    """A member is paid to another bank account: earnings that wait may look like the buyer's own now."""
    if event.payload["owner_kind"] != payout_account_services.OwnerKind.MEMBER:
        return
    tenant = active_tenants().filter(pk=event.payload["tenant_id"]).first()
    if tenant is not None:
        with in_tenant(tenant):
            services.review_account(member_id=UUID(event.payload["owner_id"]))
