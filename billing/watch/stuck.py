"""What waits in the two queues, and what a person may do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.payments import inbox
from billing.payments.models import InboxEvent, Refund
from billing.payouts.models import BankPayout, Payout
from kernel import clock, outbox
from kernel.errors import Text
from kernel.models import OutboxEvent
from kernel.money import format_money

SLOW = timedelta(minutes=5)
UNCLEAR = timedelta(hours=1)
"""For so long a provider that gives no clear answer about money is nothing special."""
SHOWN = 100


class Decision(Protocol):
    """What both queues offer: retrying and giving up, each with a reason that is audited."""

    def __call__(self, *, event_id: UUID, reason: str, acting_user: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue's two ways out of being stuck."""

    try_again: Decision
    give_up: Decision


QUEUES: Mapping[str, Queue] = {
    "inbox": Queue(inbox.try_again, inbox.give_up),
    "outbox": Queue(outbox.try_again, outbox.give_up),
}

QUEUE_NAMES: Mapping[str, Text] = {
    "inbox": _("from the provider (inbox)"),
    "outbox": _("our own events (outbox)"),
}
MOVES: tuple[tuple[Text, type[Refund] | type[Payout] | type[BankPayout]], ...] = (
    (_("refund"), Refund),
    (_("payout"), Payout),
    (_("payout to a bank"), BankPayout),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that does not move. ``age`` since it came; ``is_dead`` if nobody tries it any more."""

    queue: Text
    id: UUID
    topic: Text
    subject: str
    since: datetime
    attempts: int
    last_error: str
    next_try: datetime
    is_dead: bool

    @property
    def can_be_ended(self) -> bool:
        """Whether a person may try it again or give it up; money on its way is only asked about."""
        return self.queue in QUEUES

    @property
    def queue_name(self) -> Text:
        """What people call the queue."""
        return QUEUE_NAMES.get(str(self.queue), self.queue)

    @property
    def age(self) -> timedelta:
        """How long it has waited."""
        return clock.now() - self.since


def items() -> list[Item]:
    """Return what failed at least once or has waited too long, the oldest first, at most SHOWN of a queue."""
    late = clock.now() - SLOW
    stuck = Q(handled_at=None) & (Q(attempts__gt=0) | Q(available_at__lt=late))
    events = [
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
    return sorted([*events, *money_items()], key=lambda item: item.since)


def money_items() -> list[Item]:
    """Return money on its way about which the provider has given no clear answer for UNCLEAR, oldest first.

    It is asked about again by itself. Nobody may give it up: it may have arrived.
    """
    return [
        Item(
            _("money on its way"),
            row.id,
            topic,
            f"{format_money(row.amount, row.currency)} {row.id}",
            row.first_tried_at or clock.now(),
            row.attempts,
            row.last_error,
            row.next_try_at,
            is_dead=False,
        )
        for topic, model in MOVES
        for row in model.objects.filter(
            state__in=["requested", "sent"], first_tried_at__lt=clock.now() - UNCLEAR
        )
        .exclude(last_error="")
        .order_by("first_tried_at")[:SHOWN]
    ]


def unclear_age() -> float:
    """Return for how many seconds the oldest of ``money_items`` has been asked for; 0 if there is none."""
    return max((item.age.total_seconds() for item in money_items()), default=0.0)
