"""Transactional outbox: say what happened here, without losing or doubling it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from kernel import clock
from kernel.database import unit_of_work
from kernel.database.unit_of_work import joins_transaction
from kernel.events.queues import BATCH, OUTBOX, Handler, name_of
from kernel.models import Event
from kernel.tenancy import current_schema


def subscribe(topic: str, handler: Callable[[Event], None]) -> None:
    """Register ``handler`` for ``topic``; call it from ``AppConfig.ready``.

    The handler runs in a transaction of its own, in the schema "public"; it enters the tenant itself, must
    not call the outside world, and may be called again after a failure. What fails in one handler holds no
    other back. Who subscribed last runs first: apps further up are ready later, and an order moves before
    its payables.
    """
    known = OUTBOX.handlers[topic]
    if any(other.apply == handler for other in known):
        return
    name = name_of(handler)
    same = sum(other.name == name or other.name.startswith(f"{name}#") for other in known)
    known.append(Handler(f"{name}#{same + 1}" if same else name, handler))


def hasten(topic: str, about: Mapping[str, Any]) -> int:
    """Hand out now what waits of ``topic`` in the present schema and bears ``about``; return how many."""
    waiting = Event.objects.filter(
        queue=Event.Queue.OUTBOX,
        topic=topic,
        schema=current_schema(),
        handled_at=None,
        payload__contains=dict(about),
    )
    return waiting.filter(available_at__gt=clock.now()).update(available_at=clock.now())


@joins_transaction
def emit(
    topic: str, payload: Mapping[str, Any], *, schema: str | None = None, delay: timedelta | None = None
) -> None:
    """Write an event in the present transaction (there must be one); a worker is woken on commit.

    ``payload`` is JSON: ids as strings, amounts as integers in minor units. With ``delay`` the event is
    handed out that much later: a deadline that survives any crash.
    """
    event = Event(
        topic=topic,
        schema=schema or current_schema(),
        payload=dict(payload),
        available_at=clock.now() + (delay or timedelta(0)),
    )
    unit_of_work.insert([event])
    if delay is None:
        transaction.on_commit(OUTBOX.wake, robust=True)


def relay(limit: int = BATCH) -> int:
    """Hand out what waits; return how many events were finished."""
    return OUTBOX.handle_waiting(limit)
