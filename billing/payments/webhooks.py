"""Verified webhooks go into the inbox. Only ids are kept: the object is fetched anew."""

from billing.payments.gateway import WebhookEvent
from kernel.events import inbox


def receive(source: str, event: WebhookEvent) -> bool:
    """Keep what a gateway reported; False if it was here already."""
    return inbox.receive(
        source=source,
        external_id=event.id,
        topic=event.topic,
        payload={"object_id": event.object_id[:80], "account": event.account[:80]},
    )
