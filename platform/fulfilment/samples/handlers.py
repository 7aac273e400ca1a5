"""Samples of goods that are to be judged: the supplier sends them like any order, at no price."""

from types import SimpleNamespace
from uuid import UUID

from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.models import SupplierOrder
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from kernel.events import outbox
from kernel.models import Event
from kernel.texts.translated import pick
from selection import sources
from selection.samples import selectors as sample_selectors


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    outbox.subscribe("sample.requested", on_requested)
    outbox.subscribe("sample.in_hand", on_in_hand)


def on_requested(event: Event) -> None:
    """A judge has said where the sample shall go: its supplier has one more order to send."""
    for sample in sample_selectors.samples_to_send([UUID(key) for key in event.payload["sample_ids"]]):
        product, seat = sample.entry.product, sample.seat
        variant = product.variants.filter(is_active=True).order_by("position", "id").first()
        if variant is None:
            raise LookupError(f"product {product.pk} has nothing that could be sent")
        line = DraftLine(variant.pk, variant.sku, product.title, variant.options, 1, 0)
        supplier_order_services.create_supplier_orders(
            tenant=SimpleNamespace(id=seat.tenant_id, schema_name=event.schema),
            order_id=sample.pk,
            order_number=f"S{seat.round.number}-{sample.entry.position}-{seat.pk.hex[-6:].upper()}",
            shop_name=pick(sources.shop_name(seat.tenant_id)),
            ship_to=sample.ship_to,
            currency=product.supplier.currency,
            drafts=[SupplierOrderDraft(product.supplier_id, 0, [line])],
            kind=SupplierOrder.Kind.SAMPLE,
        )


def on_in_hand(event: Event) -> None:
    """The judge has it."""
    order = SupplierOrder.objects.filter(
        order_id=UUID(event.payload["sample_id"]), state=SupplierOrder.State.SHIPPED
    ).first()
    if order is not None:
        supplier_order_services.receive(supplier_order_id=order.pk, acting_user="judge")
