"""What plans do about the biller's news, and what they count."""

from uuid import UUID

from billing.payments import inbox
from billing.payments.models import InboxEvent
from billing.plans import services, usage
from billing.plans.gateway import InvoiceNews, SubscriptionNews, biller
from billing.plans.models import Subscription
from billing.plans.usage import Metric
from kernel import outbox
from kernel.models import OutboxEvent

ORDER_PAID = "order.paid"
Told = tuple[InvoiceNews, SubscriptionNews | None]


def register() -> None:
    """Called once from AppConfig.ready."""
    inbox.react(
        "customer.subscription.", inbox.Reaction(fetch=_fetch_subscription, apply=_apply_subscription)
    )
    inbox.react("invoice.", inbox.Reaction(fetch=_fetch_invoice, apply=_apply_invoice))
    outbox.subscribe(ORDER_PAID, count_order)


def _fetch_subscription(event: InboxEvent) -> SubscriptionNews:
    return biller().fetch_subscription(event.object_id)


def _apply_subscription(_event: InboxEvent, news: SubscriptionNews) -> None:
    tenant_id = _tenant_of(news)
    if tenant_id is not None:
        services.apply_news(tenant_id=tenant_id, news=news)


def _fetch_invoice(event: InboxEvent) -> Told:
    # What an invoice changes is its subscription, whose own news may be late.
    invoice = biller().fetch_invoice(event.object_id)
    return invoice, biller().fetch_subscription(invoice.subscription_id) if invoice.subscription_id else None


def _apply_invoice(_event: InboxEvent, told: Told) -> None:
    invoice, subscription = told
    if subscription is not None and (tenant_id := _tenant_of(subscription)) is not None:
        services.apply_news(tenant_id=tenant_id, news=subscription)
    services.apply_invoice(news=invoice)


def _tenant_of(news: SubscriptionNews) -> UUID | None:
    """Return whose subscription it is; the biller's news may be faster than its answer to our call."""
    row = Subscription.objects.filter(external_id=news.id).first()
    if row is None:
        row = Subscription.objects.filter(
            tenant_id=inbox.own_id(news.reference), wanted_plan__price_id=news.price_id
        ).first()
        if row is not None and row.external_id is None:
            Subscription.objects.filter(id=row.id, external_id=None).update(external_id=news.id)
    return row.tenant_id if row else None


def count_order(event: OutboxEvent) -> None:
    """Count a paid order towards its shop's plan; handled once, as every event."""
    row = Subscription.objects.filter(schema=event.schema).values_list("tenant_id", flat=True).first()
    if row is not None:
        usage.add(row, Metric.ORDERS)
