"""What selection does when the parcels of samples move: fulfilment knows selection, not the reverse.

A sample's id is the ``order_id`` of the supplier's order that sends it.
"""

from functools import partial
from uuid import UUID

from django.db import transaction

from kernel.events import outbox
from kernel.models import Event
from selection import tasks
from selection.samples import services as sample_services


def register() -> None:
    """Called once from AppConfig.ready."""
    outbox.subscribe("sample.shipped", on_shipped)
    outbox.subscribe("sample.received", on_received)
    outbox.subscribe("round.seated", on_seated)


def on_shipped(event: Event) -> None:
    """A supplier has sent a sample."""
    sample_services.mark_shipped(sample_id=UUID(event.payload["order_id"]))


def on_received(event: Event) -> None:
    """Its parcel counts as received."""
    sample_services.mark_received(sample_id=UUID(event.payload["order_id"]))


def on_seated(event: Event) -> None:
    """People have seats at a gate: once that is committed, a worker mails them."""
    notify = partial(tasks.notify_judges.delay, event.payload["round_id"], event.payload["gate"])
    transaction.on_commit(notify, robust=True)
