"""The events of the queues and money on its way: above all what does not move."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing.payments.models import Refund
from billing.payouts.bank_payouts import selectors as bank_payout_selectors
from billing.payouts.models import BankPayout, Payout
from kernel import clock
from kernel.errors import Text
from kernel.events.queues import MAX_ATTEMPTS
from kernel.models import Event
from kernel.money.money import format_money

SLOW = timedelta(minutes=5)
UNCLEAR = timedelta(hours=1)
"""For so long a provider that gives no clear answer about money is nothing special."""
SHOWN = 100


MOVES: tuple[tuple[Text, type[Refund] | type[Payout] | type[BankPayout]], ...] = (
    (_("refund"), Refund),
    (_("payout"), Payout),
    (_("payout to a bank"), BankPayout),
)


class Shown(StrEnum):
    """Which events the list shows: what failed or is late, what waits, or what is finished."""

    STUCK = "stuck"
    WAITING = "waiting"
    HANDLED = "handled"


@dataclass(frozen=True, slots=True)
class Item:
    """One event, or money on its way. ``is_dead`` if nobody tries it any more."""

    queue: Text
    id: UUID
    topic: Text
    subject: str
    since: datetime
    attempts: int
    last_error: str
    next_try: datetime | None
    is_dead: bool = False
    can_be_ended: bool = False
    """Whether a person may try it again or give it up; money on its way is only asked about."""
    handled_at: datetime | None = None


def events(shown: Shown = Shown.STUCK, *, queue: str = "", search: str = "") -> QuerySet[Event]:
    """Return events: what failed at least once or has waited too long, what waits, or what is finished.

    Oldest first, but finished ones newest first. ``search`` is part of a topic, a schema, or a provider's
    id of the event or of what it is about.
    """
    rows = Event.objects.filter(queue=queue) if queue else Event.objects.all()
    if search:
        rows = rows.filter(
            Q(topic__contains=search)
            | Q(external_id=search)
            | Q(payload__object_id=search)
            | Q(schema=search)
        )
    if shown == Shown.HANDLED:
        return rows.exclude(handled_at=None).order_by("-id")
    if shown == Shown.STUCK:
        rows = rows.filter(Q(attempts__gt=0) | Q(available_at__lt=clock.now() - SLOW))
    return rows.filter(handled_at=None).order_by("created_at")


def item_of(event: Event) -> Item:
    """Return an event as a line of the list, with the last error or why it was given up."""
    about = ", ".join(f"{key}={value}" for key, value in event.payload.items() if value != "")
    return Item(
        Event.Queue(event.queue).label,
        event.id,
        event.topic,
        f"{event.source or event.schema} {about}"[:200],
        event.created_at,
        event.attempts,
        event.given_up or event.last_error,
        event.available_at,
        is_dead=event.handled_at is None and event.attempts >= MAX_ATTEMPTS,
        can_be_ended=event.handled_at is None,
        handled_at=event.handled_at,
    )


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
        )
        for topic, model in MOVES
        for row in model.objects.filter(
            state__in=["requested", "sent"], first_tried_at__lt=clock.now() - UNCLEAR
        )
        .exclude(last_error="")
        .order_by("first_tried_at")[:SHOWN]
    ]


def overdue_items() -> list[Item]:
    """Return payouts that are not in a payee's bank by their day, or that it gave back, oldest first.

    They are followed and sent anew by themselves; a person asks the payee for another bank account.
    """
    return [
        Item(
            _("payout to a bank"),
            row.id,
            row.why,
            f"{format_money(row.amount, row.currency)} {row.payee}",
            row.since,
            row.attempts,
            row.error,
            None,
        )
        for row in bank_payout_selectors.overdue()
    ]


def unclear_age() -> float:
    """Return for how many seconds the oldest of ``money_items`` has been asked for; 0 if there is none."""
    return max(((clock.now() - item.since).total_seconds() for item in money_items()), default=0.0)
