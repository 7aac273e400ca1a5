"""What plans do when the biller reports something, and what they count."""

from uuid import UUID

from billing.plans import usage
from billing.plans.gateway import ProviderInvoice, ProviderSubscription, biller
from billing.plans.invoices import services as invoice_services
from billing.plans.models import Subscription
from billing.plans.subscriptions import services as subscription_services
from billing.plans.usage import Metric
from kernel.calls import outgoing
from kernel.events import inbox, outbox
from kernel.models import Event

ORDER_PAID = "order.paid"
InvoiceAndSubscription = tuple[ProviderInvoice, ProviderSubscription | None]


def register() -> None:
    """Called once from AppConfig.ready."""
    inbox.subscribe("customer.subscription.", fetch=_fetch_subscription, apply=_apply_subscription)
    inbox.subscribe("invoice.", fetch=_fetch_invoice, apply=_apply_invoice)
    outbox.subscribe(ORDER_PAID, count_order)


def _fetch_subscription(event: Event) -> ProviderSubscription:
    return biller().fetch_subscription(event.payload["object_id"])


def _apply_subscription(_event: Event, provider_subscription: ProviderSubscription) -> None:
    tenant_id = _tenant_of(provider_subscription)
    if tenant_id is not None:
        subscription_services.apply_subscription(
            tenant_id=tenant_id, provider_subscription=provider_subscription
        )


def _fetch_invoice(event: Event) -> InvoiceAndSubscription:
    # What an invoice changes is its subscription, whose own event may be late.
    invoice = biller().fetch_invoice(event.payload["object_id"])
    return invoice, biller().fetch_subscription(invoice.subscription_id) if invoice.subscription_id else None


def _apply_invoice(_event: Event, reported: InvoiceAndSubscription) -> None:
    invoice, subscription = reported
    if subscription is not None and (tenant_id := _tenant_of(subscription)) is not None:
        subscription_services.apply_subscription(tenant_id=tenant_id, provider_subscription=subscription)
    invoice_services.apply_invoice(provider_invoice=invoice)


def _tenant_of(provider_subscription: ProviderSubscription) -> UUID | None:
    """Return whose subscription it is; the biller's event may be faster than its answer to our call."""
    row = Subscription.objects.filter(external_id=provider_subscription.id).first()
    if row is None:
        row = Subscription.objects.filter(
            tenant_id=outgoing.own_id(provider_subscription.reference),
            wanted_plan__price_id=provider_subscription.price_id,
        ).first()
        if row is not None and row.external_id is None:
            Subscription.objects.filter(id=row.id, external_id=None).update(
                external_id=provider_subscription.id
            )
    return row.tenant_id if row else None


def count_order(event: Event) -> None:
    """Count a paid order towards its shop's plan; handled once, as every event."""
    row = Subscription.objects.filter(schema=event.schema).values_list("tenant_id", flat=True).first()
    if row is not None:
        usage.add(row, Metric.ORDERS)
