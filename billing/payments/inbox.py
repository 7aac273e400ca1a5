"""The inbox: news from gateways, taken in at once and worked off with its effect in one transaction.

News comes twice, late and out of order, so it only says that something changed: the object is fetched anew.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.payments.gateway import WebhookEvent
from billing.payments.models import InboxEvent
from kernel import audit, clock
from kernel.errors import Conflict, InvalidInput
from kernel.models import NO_ONE
from kernel.outgoing import NoClearAnswer

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 20
BATCH = 20


@dataclass(frozen=True, slots=True)
class Reaction:
    """``fetch`` asks the gateway, outside any transaction; ``apply`` does what follows, inside one."""

    fetch: Callable[[InboxEvent], Any]
    apply: Callable[[InboxEvent, Any], None]


_reactions: dict[str, Reaction] = {}


def react(prefix: str, reaction: Reaction) -> None:
    """Register what is done about news whose topic starts with ``prefix``; called in ``AppConfig.ready``."""
    _reactions[prefix] = reaction


def take_in(source: str, event: WebhookEvent) -> bool:
    """Keep a piece of news; False if it was here already."""
    row = InboxEvent(
        source=source,
        external_id=event.id,
        topic=event.topic[:80],
        object_id=event.object_id[:80],
        account=event.account[:80],
    )
    with transaction.atomic(durable=True):
        InboxEvent.objects.bulk_create([row], ignore_conflicts=True)
        return InboxEvent.objects.filter(id=row.id).exists()


def wake() -> None:
    """Ask a worker to look now. The beat does so anyway: without a broker it takes seconds longer."""
    try:
        current_app.send_task("billing.payments.tasks.handle_inbox", ignore_result=True, retry=False)
    except Exception:
        logger.warning("the worker could not be woken", exc_info=True)


def own_id(reference: str) -> UUID:
    """Return the id in a reference that was ours, or one that nothing has."""
    try:
        return UUID(reference)
    except ValueError:
        return NO_ONE


def handle_waiting(limit: int = 200) -> int:
    """Work off what waits, oldest first; return how many were handled. Safe to run side by side."""
    handled = 0
    while handled < limit and (batch := _claim()):
        handled += sum(handle(event) for event in batch)
    return handled


def handle(event: InboxEvent) -> bool:
    """Handle one piece of news; False if it has to be tried again, later each time."""
    reaction = next(
        (candidate for prefix, candidate in _reactions.items() if event.topic.startswith(prefix)), None
    )
    try:
        fetched = reaction.fetch(event) if reaction else None
        with transaction.atomic(durable=True):
            row = InboxEvent.objects.select_for_update().get(id=event.id)
            if row.handled_at is None:
                if reaction:
                    reaction.apply(row, fetched)
                row.handled_at, row.last_error = clock.now(), ""
                row.save(update_fields=["handled_at", "last_error"])
    except Exception as error:
        quiet = isinstance(error, NoClearAnswer)
        logger.log(
            logging.WARNING if quiet else logging.ERROR,
            "news could not be handled",
            exc_info=not quiet,
            extra={"event": event.external_id, "topic": event.topic},
        )
        _put_back(event.id, event.attempts, f"{type(error).__name__}: {error}")
        return False
    return True


def try_again(*, event_id: UUID, reason: str, acting_user: Any) -> None:
    """Handle stuck news anew, at once. Raises Conflict if it is finished, InvalidInput without a reason."""
    with transaction.atomic():
        event = _unfinished(event_id, reason)
        InboxEvent.objects.filter(id=event_id).update(attempts=0, available_at=clock.now())
        _record("inbox.retry", event, reason, acting_user)
        transaction.on_commit(wake, robust=True)


def give_up(*, event_id: UUID, reason: str, acting_user: Any) -> None:
    """End news that can never be handled; the reason stays with it. Raises as ``try_again`` does."""
    with transaction.atomic():
        event = _unfinished(event_id, reason)
        InboxEvent.objects.filter(id=event_id).update(handled_at=clock.now(), given_up=reason[:2000])
        _record("inbox.give_up", event, reason, acting_user)


def _unfinished(event_id: UUID, reason: str) -> InboxEvent:
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    event = InboxEvent.objects.select_for_update().filter(id=event_id, handled_at=None).first()
    if event is None:
        raise Conflict(_("this has been finished meanwhile"), field="event", value=event_id, code="finished")
    return event


def _record(action: str, event: InboxEvent, reason: str, acting_user: Any) -> None:
    audit.record(
        action,
        actor=acting_user,
        object_type="payments.inboxevent",
        object_id=event.id,
        object_label=f"{event.topic} {event.object_id}",
        changes={"attempts": event.attempts, "last_error": event.last_error[:500]},
        reason=reason,
    )


def _claim() -> list[InboxEvent]:
    """Take a batch for a minute. A worker that dies in between leaves it to the next one."""
    with transaction.atomic(durable=True):
        batch = list(
            InboxEvent.objects.select_for_update(skip_locked=True)
            .filter(handled_at=None, available_at__lte=clock.now(), attempts__lt=MAX_ATTEMPTS)
            .order_by("available_at", "id")[:BATCH]
        )
        for event in batch:
            event.attempts += 1
            event.available_at = clock.now() + LEASE
        InboxEvent.objects.bulk_update(batch, ["attempts", "available_at"])
    return batch


def _put_back(event_id: UUID, attempts: int, error: str) -> None:
    wait = timedelta(seconds=min(2**attempts, 3600))
    InboxEvent.objects.filter(id=event_id, handled_at=None).update(
        last_error=error[:2000], available_at=clock.now() + wait
    )
