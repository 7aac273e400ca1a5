"""Events are written with what they report, handed out once, and tried again after a failure."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection, transaction

from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.events import outbox, queues
from kernel.events.queues import OUTBOX
from kernel.models import AuditEntry, Event


@pytest.fixture
def seen() -> Iterator[list[str]]:
    """What a handler of the topic "test.happened" was given."""
    got: list[str] = []

    def handler(event: Event) -> None:
        got.append(event.payload["n"])

    outbox.subscribe("test.happened", handler)
    yield got
    OUTBOX.handlers.pop("test.happened")


def emit(number: str, delay: timedelta | None = None) -> None:
    with transaction.atomic():
        outbox.emit("test.happened", {"n": number}, schema="public", delay=delay)


def test_an_event_outside_a_transaction_is_refused(own_database: str) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction of the command"):
        outbox.emit("test.happened", {})
    assert not Event.objects.exists()


def test_an_event_goes_with_the_transaction_that_fails(own_database: str, seen: list[str]) -> None:
    with transaction.atomic():
        outbox.emit("test.happened", {"n": "a"})
        transaction.set_rollback(True)
    assert outbox.relay() == 0
    assert seen == []


def test_events_are_handed_out_once_and_in_order(own_database: str, seen: list[str]) -> None:
    emit("a")
    emit("b")
    assert outbox.relay() == 2
    assert outbox.relay() == 0
    assert seen == ["a", "b"]


def test_a_deadline_waits_for_its_time(own_database: str, seen: list[str]) -> None:
    emit("later", delay=timedelta(minutes=30))
    assert outbox.relay() == 0
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        assert outbox.relay() == 1
    assert seen == ["later"]


def test_a_failure_undoes_the_effect_and_is_tried_again_later(own_database: str) -> None:
    attempts: list[int] = []

    def handler(event: Event) -> None:
        attempts.append(event.attempts)
        Event.objects.create(topic="effect", schema="public", payload={})
        if len(attempts) == 1:
            raise RuntimeError("not yet")

    outbox.subscribe("test.fails", handler)
    try:
        with transaction.atomic():
            outbox.emit("test.fails", {}, schema="public")
        assert outbox.relay() == 0
        assert not Event.objects.filter(topic="effect").exists()
        assert "not yet" in Event.objects.get(topic="test.fails").last_error
        with time_machine.travel(clock.now() + timedelta(seconds=5), tick=False):
            outbox.relay()
    finally:
        OUTBOX.handlers.pop("test.fails")
    assert attempts == [0, 1]
    assert Event.objects.filter(topic="effect").count() == 1


def test_two_relays_side_by_side_never_hand_out_the_same_event(own_database: str, seen: list[str]) -> None:
    for number in range(20):
        emit(str(number))
    ready = Barrier(2)

    def relay() -> None:
        try:
            ready.wait()
            outbox.relay()
        finally:
            connection.close()

    threads = [Thread(target=relay) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.relay()
    assert sorted(seen, key=int) == [str(number) for number in range(20)]


def test_the_room_further_up_hears_first(own_database: str) -> None:
    handled: list[str] = []
    below, above = (lambda event: handled.append("payables")), (lambda event: handled.append("order"))
    for handler in (below, above):
        outbox.subscribe("test.happened", handler)
    try:
        emit("a")
        outbox.relay()
    finally:
        OUTBOX.handlers.pop("test.happened")
    assert handled == ["order", "payables"], "rows are locked from the top down, as commands do"


def test_a_handler_that_fails_holds_no_other_back_and_none_runs_twice(own_database: str) -> None:
    handled: list[str] = []

    def steady(event: Event) -> None:
        handled.append("steady")

    def failing(event: Event) -> None:
        handled.append("failing")
        if handled.count("failing") == 1:
            raise RuntimeError("not yet")

    for handler in (steady, failing):
        outbox.subscribe("test.happened", handler)
    try:
        emit("a")
        assert outbox.relay() == 0
        event = Event.objects.get()
        assert handled == ["failing", "steady"]
        assert [name.rpartition(".")[2] for name in event.done] == ["steady"]
        assert (event.handled_at, event.attempts) == (None, 1)
        assert "failing: RuntimeError: not yet" in event.last_error
        with time_machine.travel(clock.now() + timedelta(seconds=5), tick=False):
            assert outbox.relay() == 1
    finally:
        OUTBOX.handlers.pop("test.happened")
    assert handled == ["failing", "steady", "failing"]
    assert Event.objects.get().handled_at is not None


def test_a_stuck_event_is_tried_again_or_given_up_with_a_reason(own_database: str, seen: list[str]) -> None:
    emit("a")
    emit("b")
    Event.objects.update(attempts=queues.MAX_ATTEMPTS, last_error="RuntimeError: broken")
    assert outbox.relay() == 0
    first, second = Event.objects.order_by("id")
    with pytest.raises(InvalidInput):
        queues.give_up(event_id=second.id, reason=" ", acting_user="carol")
    queues.try_again(event_id=first.id, reason="the shop is back", acting_user="carol")
    queues.give_up(event_id=second.id, reason="the shop was closed", acting_user="carol")
    assert outbox.relay() == 1
    assert seen == ["a"]
    second.refresh_from_db()
    assert second.given_up == "the shop was closed"
    assert second.handled_at is not None
    with pytest.raises(Conflict):
        queues.try_again(event_id=second.id, reason="again", acting_user="carol")
    actions = AuditEntry.objects.order_by("id").values_list("action", "actor_label", "reason")
    assert list(actions) == [
        ("outbox.retry", "carol", "the shop is back"),
        ("outbox.give_up", "carol", "the shop was closed"),
    ]
