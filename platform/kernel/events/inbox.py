"""The inbox: what providers report, kept at once and handled later, with its effect in one transaction.

Reports come twice, late and out of order, so one only says that something changed: the object is fetched
anew.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

from kernel.events.queues import INBOX, Handler, name_of
from kernel.models import Event

logger = logging.getLogger(__name__)


def subscribe[Fetched](
    topics: str, *, fetch: Callable[[Event], Fetched], apply: Callable[[Event, Fetched], None]
) -> None:
    """Register who reacts to a topic, or with a dot at its end to all that begin so.

    ``fetch`` asks the provider, outside any transaction; ``apply`` does what follows, inside one. Called in
    ``AppConfig.ready``.
    """
    INBOX.handlers[topics] = [Handler(name_of(apply), apply, fetch)]


def receive(*, source: str, external_id: str, topic: str, payload: dict[str, Any]) -> bool:
    """Keep what a provider reported, under its own id; False if it was here already."""
    event = Event(
        queue=Event.Queue.INBOX,
        source=source,
        external_id=external_id,
        topic=topic[:80],
        schema="public",
        payload=payload,
    )
    with transaction.atomic(durable=True):
        Event.objects.bulk_create([event], ignore_conflicts=True)
        return Event.objects.filter(id=event.id).exists()


def wake() -> None:
    """Ask a worker to look now; without a broker it takes seconds longer."""
    try:
        INBOX.wake()
    except Exception:
        logger.warning("the worker could not be woken", exc_info=True)


def handle_waiting(limit: int = 200) -> int:
    """Handle what waits; return how many events were finished."""
    return INBOX.handle_waiting(limit)
