"""Transactional outbox: tell other rooms what happened, without losing or doubling it."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, clock, unit_of_work
from kernel.errors import Conflict, InvalidInput
from kernel.models import OutboxEvent
from kernel.tenancy import current_schema
from kernel.unit_of_work import joins_transaction

logger = logging.getLogger(__name__)

Handler = Callable[[OutboxEvent], None]
_handlers: dict[str, list[tuple[str, Handler]]] = defaultdict(list)
BATCH = 100
MAX_ATTEMPTS = 20


def subscribe(topic: str, handler: Handler) -> None:
    """Register ``handler`` for ``topic``; call it from ``AppConfig.ready``.

    The handler runs in a transaction of its own, in the schema "public"; it enters the tenant itself, must
    not call the outside world, and may be called again after a failure. What fails in one handler holds no
    other back. Who subscribed last runs first: rooms further up are ready later, and an order moves before
    its payables.
    """
    known = _handlers[topic]
    if any(handler == other for _name, other in known):
        return
    name = _name_of(handler)
    same = sum(other == name or other.startswith(f"{name}#") for other, _handler in known)
    known.append((f"{name}#{same + 1}" if same else name, handler))


def _name_of(handler: Handler) -> str:
    """Return what an event remembers a handler by: the same in every process and after a restart."""
    if isinstance(handler, partial):
        return f"{_name_of(handler.func)}{handler.args}"
    return f"{handler.__module__}.{handler.__qualname__}"


def hasten(topic: str, about: Mapping[str, Any]) -> int:
    """Hand out now what waits of ``topic`` in the present schema and bears ``about``; return how many."""
    waiting = OutboxEvent.objects.filter(
        topic=topic, schema=current_schema(), handled_at=None, payload__contains=dict(about)
    )
    return waiting.filter(available_at__gt=clock.now()).update(available_at=clock.now())


@joins_transaction
def emit(
    topic: str, payload: Mapping[str, Any], *, schema: str | None = None, delay: timedelta | None = None
) -> None:
    """Write an event in the present transaction (there must be one); the relay is woken on commit.

    ``payload`` is JSON: ids as strings, amounts as integers in minor units. With ``delay`` the event is
    handed out that much later: a deadline that survives any crash.
    """
    event = OutboxEvent(
        topic=topic,
        schema=schema or current_schema(),
        payload=dict(payload),
        available_at=clock.now() + (delay or timedelta(0)),
    )
    unit_of_work.insert([event])
    if delay is None:
        transaction.on_commit(wake, robust=True)


def wake() -> None:
    """Ask a worker to relay soon; the beat does so anyway, so a lost wake-up costs seconds only."""
    current_app.send_task("kernel.tasks.relay_outbox", ignore_result=True, retry=False)


def relay(limit: int = BATCH) -> int:
    """Hand waiting events to their handlers, oldest first; return how many were handled.

    One transaction per handler: its effect and the note that it has run commit together, and the last one's
    with ``handled_at``. SKIP LOCKED lets several relays work side by side.
    """
    handled, tried = 0, set[UUID]()
    while handled < limit:
        waiting = OutboxEvent.objects.filter(
            handled_at=None, available_at__lte=clock.now(), attempts__lt=MAX_ATTEMPTS
        )
        batch = list(
            waiting.exclude(id__in=tried).order_by("available_at", "id").values_list("id", "topic")[:limit]
        )
        if not batch:
            break
        for event_id, topic in batch:
            tried.add(event_id)
            handled += _hand_out(event_id, topic)
    return handled


def _hand_out(event_id: UUID, topic: str) -> bool:
    """Let every handler that has not run yet run once; True if that finished the event."""
    handlers = _handlers[topic]
    problem = ""
    for name, handler in reversed(handlers) if handlers else [("", _nothing)]:
        with transaction.atomic(durable=True):
            event = _locked(event_id)
            if event is None:  # another relay has it, or has finished it
                return False
            if name in event.done:
                continue
            try:
                with transaction.atomic():
                    handler(event)
            except Exception as error:
                problem = f"{name}: {type(error).__name__}: {error}"
                logger.exception(
                    "outbox handler failed", extra={"topic": topic, "event": str(event_id), "handler": name}
                )
                continue
            done = [*event.done, name]
            is_finished = {other for other, _handler in handlers} <= set(done)
            OutboxEvent.objects.filter(id=event_id).update(
                done=done, handled_at=clock.now() if is_finished else None
            )
        if is_finished:
            return True
    with transaction.atomic(durable=True):
        event = _locked(event_id)
        if event is not None:
            OutboxEvent.objects.filter(id=event_id).update(
                attempts=event.attempts + 1,
                last_error=problem[:2000],
                available_at=clock.now() + timedelta(seconds=min(2**event.attempts, 3600)),
            )
    return False


def _nothing(_event: OutboxEvent) -> None:
    """Nobody listens to this topic: that, too, is an end."""


def _locked(event_id: UUID) -> OutboxEvent | None:
    return (
        OutboxEvent.objects.select_for_update(skip_locked=True).filter(id=event_id, handled_at=None).first()
    )


def try_again(*, event_id: UUID, reason: str, acting_user: Any) -> None:
    """Hand a stuck event out anew to the handlers that did not succeed. Raises Conflict if it is finished."""
    with transaction.atomic():
        event = _unfinished(event_id)
        OutboxEvent.objects.filter(id=event_id).update(attempts=0, available_at=clock.now())
        _record("outbox.retry", event, reason, acting_user)
        transaction.on_commit(wake, robust=True)


def give_up(*, event_id: UUID, reason: str, acting_user: Any) -> None:
    """End an event that can never be handled; the reason stays with it. Raises Conflict if it is finished."""
    with transaction.atomic():
        event = _unfinished(event_id)
        OutboxEvent.objects.filter(id=event_id).update(handled_at=clock.now(), given_up=reason[:2000])
        _record("outbox.give_up", event, reason, acting_user)


def _unfinished(event_id: UUID) -> OutboxEvent:
    event = OutboxEvent.objects.select_for_update().filter(id=event_id, handled_at=None).first()
    if event is None:
        raise Conflict(_("this has been finished meanwhile"), field="event", value=event_id, code="finished")
    return event


def _record(action: str, event: OutboxEvent, reason: str, acting_user: Any) -> None:
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    audit.record(
        action,
        actor=acting_user,
        object_type="kernel.outboxevent",
        object_id=event.id,
        object_label=event.topic,
        changes={"attempts": event.attempts, "last_error": event.last_error[:500]},
        reason=reason,
        schema=event.schema,
    )
