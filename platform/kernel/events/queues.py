"""The queues of events: what happened here (outbox), what a provider reported (inbox), mails (mail).

An event is a row, kept before anybody acts on it and handed to the handlers of its topic until all have run,
each once. What fails is tried again, later each time, and waits for a person after MAX_ATTEMPTS.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import F, Min, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel import audit, clock, metrics
from kernel.calls.errors import NoClearAnswer
from kernel.calls.outgoing import backoff
from kernel.errors import Conflict, InvalidInput
from kernel.models import Event

logger = logging.getLogger(__name__)
BATCH = 100
MAX_ATTEMPTS = 20
LEASE = timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(hours=1)
TASKS = {
    Event.Queue.OUTBOX: "kernel.tasks.relay_outbox",
    Event.Queue.INBOX: "kernel.tasks.handle_inbox",
    Event.Queue.MAIL: "kernel.tasks.send_mails",
}


@dataclass(frozen=True, slots=True)
class Handler:
    """Who reacts to a topic: ``apply`` gets the event, in a transaction of its own.

    With ``fetch`` it also gets what that returned, which asks the outside world what is true now, outside any
    transaction. ``name`` is the same in every process and after a restart.
    """

    name: str
    apply: Callable[..., None]
    fetch: Callable[[Event], Any] | None = None


NOBODY = Handler("", lambda _event: None)
"""For topics without a handler: that, too, is an end."""


def name_of(handler: Callable[..., Any]) -> str:
    """Return what an event remembers a handler by."""
    if isinstance(handler, partial):
        return f"{name_of(handler.func)}{handler.args}"
    return f"{handler.__module__}.{handler.__qualname__}"


class EventQueue:
    """Events of one queue and their handlers. A topic with a dot at its end stands for all that begin so.

    With ``stops_at_failure`` a run ends at the first event that fails: all of them need the same thing.
    """

    def __init__(self, name: Event.Queue, *, stops_at_failure: bool = False) -> None:
        self.name, self.stops_at_failure = name, stops_at_failure
        self.handlers: dict[str, list[Handler]] = defaultdict(list)

    def handlers_of(self, topic: str) -> list[Handler]:
        """Return the handlers of a topic in the order in which they run: the last registered first."""
        prefixes = (known for known in self.handlers if known.endswith(".") and topic.startswith(known))
        known = topic if topic in self.handlers else next(prefixes, "")
        return self.handlers.get(known, [])[::-1] or [NOBODY]

    def wake(self) -> None:
        """Ask a worker to look now; the beat does so anyway, so a lost wake-up costs seconds only."""
        current_app.send_task(TASKS[self.name], ignore_result=True, retry=False)

    def handle_waiting(self, limit: int = BATCH) -> int:
        """Hand waiting events to their handlers, oldest first; return how many were finished.

        SKIP LOCKED and leases let several workers do this side by side.
        """
        finished, tried = 0, set[UUID]()
        while finished < limit:
            waiting = self.unhandled().filter(available_at__lte=clock.now(), attempts__lt=MAX_ATTEMPTS)
            batch = list(
                waiting.exclude(id__in=tried)
                .order_by("available_at", "id")
                .values_list("id", "topic")[:limit]
            )
            if not batch:
                break
            for event_id, topic in batch:
                tried.add(event_id)
                is_finished = self.handle(event_id, topic)
                if self.stops_at_failure and not is_finished:
                    return finished
                finished += is_finished
        return finished

    def handle(self, event_id: UUID, topic: str) -> bool:
        """Let every handler that has not run yet run once; True if that finished the event.

        One transaction a handler: its effect and the note that it has run commit together, and the last one's
        with ``handled_at``.
        """
        handlers, problem = self.handlers_of(topic), ""
        is_leased = any(handler.fetch for handler in handlers)
        if is_leased and not _lease(event_id):
            return False
        for handler in handlers:
            try:
                fetched = [handler.fetch(Event.objects.get(id=event_id))] if handler.fetch else []
                with transaction.atomic(durable=True):
                    event = _locked(event_id)
                    if event is None:  # another worker has it, or has finished it
                        return False
                    if handler.name in event.done:
                        continue
                    handler.apply(event, *fetched)
                    done = [*event.done, handler.name]
                    is_finished = {other.name for other in handlers} <= set(done)
                    Event.objects.filter(id=event_id).update(
                        done=done, handled_at=clock.now() if is_finished else None
                    )
            except Exception as error:
                problem = f"{handler.name}: {type(error).__name__}: {error}"
                is_expected = isinstance(error, NoClearAnswer)
                logger.log(
                    logging.WARNING if is_expected else logging.ERROR,
                    "an event could not be handled",
                    exc_info=not is_expected,
                    extra={"topic": topic, "event": str(event_id), "handler": handler.name},
                )
                continue
            if is_finished:
                return True
        _put_back(event_id, problem, is_counted=is_leased)
        return False

    def unhandled(self) -> QuerySet[Event]:
        """Return what is not finished."""
        return Event.objects.filter(queue=self.name, handled_at=None)

    def waiting_since(self) -> datetime | None:
        """Return since when the oldest unhandled event has waited; None if there is none."""
        oldest: datetime | None = self.unhandled().aggregate(at=Min("created_at"))["at"]
        return oldest


OUTBOX, INBOX = EventQueue(Event.Queue.OUTBOX), EventQueue(Event.Queue.INBOX)
MAIL = EventQueue(Event.Queue.MAIL, stops_at_failure=True)
QUEUES = {queue.name: queue for queue in (OUTBOX, INBOX, MAIL)}


def _lease(event_id: UUID) -> bool:
    """Take an event for a minute, as one try. A worker that dies in between leaves it to the next one."""
    now = clock.now()
    waiting = Event.objects.filter(id=event_id, handled_at=None, available_at__lte=now)
    return bool(waiting.update(attempts=F("attempts") + 1, available_at=now + LEASE))


def _locked(event_id: UUID) -> Event | None:
    return Event.objects.select_for_update(skip_locked=True).filter(id=event_id, handled_at=None).first()


def _put_back(event_id: UUID, problem: str, *, is_counted: bool) -> None:
    with transaction.atomic(durable=True):
        event = _locked(event_id)
        if event is None:
            return
        event.attempts += 0 if is_counted else 1
        event.last_error = problem[:2000]
        event.available_at = clock.now() + backoff(event.attempts, FIRST_WAIT, LONGEST_WAIT)
        event.save(update_fields=["attempts", "last_error", "available_at"])


def try_again(*, event_id: UUID, reason: str, acting_user: Any) -> None:
    """Hand a stuck event out anew, at once, to the handlers that did not succeed.

    Raises Conflict if it is finished, InvalidInput without a reason.
    """
    with transaction.atomic():
        event = _unfinished(event_id, reason)
        Event.objects.filter(id=event_id).update(attempts=0, available_at=clock.now())
        _record("retry", event, reason, acting_user)
        transaction.on_commit(QUEUES[Event.Queue(event.queue)].wake, robust=True)


def give_up(*, event_id: UUID, reason: str, acting_user: Any) -> None:
    """End an event that can never be handled; the reason stays with it. Raises as ``try_again`` does."""
    with transaction.atomic():
        event = _unfinished(event_id, reason)
        Event.objects.filter(id=event_id).update(handled_at=clock.now(), given_up=reason[:2000])
        _record("give_up", event, reason, acting_user)


def _unfinished(event_id: UUID, reason: str) -> Event:
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    event = Event.objects.select_for_update().filter(id=event_id, handled_at=None).first()
    if event is None:
        raise Conflict(_("this has been finished meanwhile"), field="event", value=event_id, code="finished")
    return event


def _record(action: str, event: Event, reason: str, acting_user: Any) -> None:
    audit.record_on(
        event,
        f"{event.queue}.{action}",
        actor=acting_user,
        changes={"attempts": event.attempts, "last_error": event.last_error[:500]},
        reason=reason,
        schema=event.schema,
    )


def register_figures() -> None:
    """Let the ages of the queues be seen; called once from ``AppConfig.ready``."""

    def due() -> QuerySet[Event]:
        return OUTBOX.unhandled().filter(available_at__lte=clock.now())

    metrics.register(
        "outbox_age_seconds",
        "Age of the oldest event that is due and not handled",
        lambda: _age(due().aggregate(at=Min("available_at"))["at"]),
    )
    metrics.register("outbox_waiting", "Events that are due and not handled", lambda: due().count())
    metrics.register(
        "events_stuck",
        "Events that failed too often and wait for a person",
        lambda: Event.objects.filter(handled_at=None, attempts__gte=MAX_ATTEMPTS).count(),
    )
    metrics.register(
        "mail_age_seconds",
        "Age of the oldest mail that is not sent",
        lambda: _age(MAIL.waiting_since()),
    )
    metrics.register(
        "inbox_age_seconds",
        "Age of the oldest report of a provider that is not handled",
        lambda: _age(INBOX.waiting_since()),
    )


def _age(since: datetime | None) -> float:
    return (clock.now() - since).total_seconds() if since else 0.0
