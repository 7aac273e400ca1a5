"""What selection does when the parcels of samples move; fulfilment knows the samples, not the other way."""

from uuid import UUID

from kernel import outbox
from kernel.models import OutboxEvent
from selection import samples


def register() -> None:
    """Called once from AppConfig.ready."""
    outbox.subscribe("sample.shipped", on_shipped)


def on_shipped(event: OutboxEvent) -> None:
    """A supplier has sent a sample."""
    samples.mark_shipped(sample_id=UUID(event.payload["sample_id"]))
