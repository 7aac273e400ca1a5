"""What waits in the two queues, and what a person may do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q

from billing.payments import inbox
from billing.payments.models import InboxEvent
from kernel import clock, outbox
from kernel.models import OutboxEvent

SLOW = timedelta(minutes=5)
SHOWN = 100


class Door(Protocol):
    """What both queues offer: retrying and giving up, each with a reason that is audited."""

    def __call__(self, *, event_id: UUID, reason: str, acting_user: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue's two ways out of being stuck."""

    try_again: Door
    give_up: Door
    most_attempts: int


QUEUES: Mapping[str, Queue] = {
    "inbox": Queue(inbox.try_again, inbox.give_up, inbox.MAX_ATTEMPTS),
    "outbox": Queue(outbox.try_again, outbox.give_up, outbox.MAX_ATTEMPTS),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that does not move. ``age`` since it came; ``is_dead`` if nobody tries it any more."""

    queue: str
    id: UUID
    topic: str
    subject: str
    since: datetime
    attempts: int
    last_error: str
    next_try: datetime
    is_dead: bool

    @property
    def age(self) -> timedelta:
        """How long it has waited."""
        return clock.now() - self.since


def items() -> list[Item]:
    """Return what failed at least once or has waited too long, the oldest first, at most SHOWN of a queue."""
    late = clock.now() - SLOW
    stuck = Q(handled_at=None) & (Q(attempts__gt=0) | Q(available_at__lt=late))
    found = [
        Item(
            "inbox",
            row.id,
            row.topic,
            row.object_id,
            row.received_at,
            row.attempts,
            row.last_error,
            row.available_at,
            row.attempts >= inbox.MAX_ATTEMPTS,
        )
        for row in InboxEvent.objects.filter(stuck).order_by("received_at")[:SHOWN]
    ] + [
        Item(
            "outbox",
            row.id,
            row.topic,
            f"{row.schema} {', '.join(f'{key}={value}' for key, value in row.payload.items())}"[:200],
            row.created_at,
            row.attempts,
            row.last_error,
            row.available_at,
            row.attempts >= outbox.MAX_ATTEMPTS,
        )
        for row in OutboxEvent.objects.filter(stuck).order_by("created_at")[:SHOWN]
    ]
    return sorted(found, key=lambda item: item.since)
