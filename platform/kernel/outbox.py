"""Transactional outbox: tell other rooms what happened, without losing or doubling it."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.db.models import F

from kernel import clock
from kernel.models import OutboxEvent
from kernel.tenancy import current_schema

logger = logging.getLogger(__name__)

Handler = Callable[[OutboxEvent], None]
_handlers: dict[str, list[Handler]] = defaultdict(list)
BATCH = 100
MAX_ATTEMPTS = 20


def subscribe(topic: str, handler: Handler) -> None:
    """Register ``handler`` for ``topic``; call it from ``AppConfig.ready``.

    The handler runs inside the relay's transaction, in the schema "public"; it enters the tenant
    itself, must not call the outside world, and may be called again after a failure. Who subscribed last
    runs first: rooms further up are ready later, and commands lock their rows (an order) before those
    below (its payables).
    """
    if handler not in _handlers[topic]:
        _handlers[topic].append(handler)


def emit(
    topic: str, payload: Mapping[str, Any], *, schema: str | None = None, delay: timedelta | None = None
) -> None:
    """Write an event in the present transaction (there must be one); the relay is woken on commit.

    ``payload`` is JSON: ids as strings, amounts as integers in minor units. With ``delay`` the event is
    handed out that much later: a deadline that survives any crash.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"outbox event {topic} must be written in the transaction it reports on")
    OutboxEvent.objects.create(
        topic=topic,
        schema=schema or current_schema(),
        payload=dict(payload),
        available_at=clock.now() + (delay or timedelta(0)),
    )
    if delay is None:
        transaction.on_commit(wake, robust=True)


def wake() -> None:
    """Ask a worker to relay soon; the beat does so anyway, so a lost wake-up costs seconds only."""
    current_app.send_task("kernel.tasks.relay_outbox", ignore_result=True, retry=False)


def relay(limit: int = BATCH) -> int:
    """Hand waiting events to their handlers, oldest first; return how many were handled.

    One transaction per event: effect and ``handled_at`` commit together. SKIP LOCKED lets several
    relays work side by side.
    """
    handled = 0
    for _ in range(limit):
        with transaction.atomic(durable=True):
            event = (
                OutboxEvent.objects.select_for_update(skip_locked=True)
                .filter(handled_at=None, available_at__lte=clock.now(), attempts__lt=MAX_ATTEMPTS)
                .order_by("available_at", "id")
                .first()
            )
            if event is None:
                return handled
            try:
                with transaction.atomic():
                    for handler in reversed(_handlers[event.topic]):
                        handler(event)
            except Exception as error:
                logger.exception(
                    "outbox handler failed", extra={"topic": event.topic, "event": str(event.id)}
                )
                OutboxEvent.objects.filter(id=event.id).update(
                    attempts=F("attempts") + 1,
                    last_error=f"{type(error).__name__}: {error}"[:2000],
                    available_at=clock.now() + timedelta(seconds=min(2**event.attempts, 3600)),
                )
            else:
                OutboxEvent.objects.filter(id=event.id).update(handled_at=clock.now())
                handled += 1
    return handled
