"""Rows of a command wait for each other, and nobody who reads notices."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.database.unit_of_work import flush, gather_writes, insert, joins_transaction, lock_name, update
from kernel.models import AuditEntry, Event


def event(topic: str = "test.happened") -> Event:
    return Event(topic=topic, schema="public", payload={})


def entry() -> AuditEntry:
    return AuditEntry(schema="public", actor_label="Alice", action="test", object_type="test", object_id="1")


@pytest.mark.django_db
def test_rows_of_several_tables_go_out_as_one_statement() -> None:
    connection.cursor().close()  # a fresh connection sets its search path first
    with CaptureQueriesContext(connection) as statements, gather_writes():
        insert([event(), event()])
        insert([entry()])
        assert len(statements) == 0
    assert len(statements) == 1
    assert Event.objects.filter(topic="test.happened").count() == 2
    assert AuditEntry.objects.filter(action="test").count() == 1


@pytest.mark.django_db
def test_whoever_reads_a_table_sees_what_waits_for_it() -> None:
    with gather_writes():
        insert([event()])
        assert AuditEntry.objects.filter(action="test").count() == 0
        assert Event.objects.filter(topic="test.happened").count() == 1


@pytest.mark.django_db
def test_a_row_that_is_written_twice_has_the_last_value() -> None:
    first = event()
    with gather_writes():
        insert([first])
        first.attempts = 1
        update(first, ["attempts"])
        first.attempts = 2
        update(first, ["attempts"])
    assert Event.objects.get(pk=first.pk).attempts == 2


@pytest.mark.django_db
def test_what_a_failing_part_handed_over_is_not_written() -> None:
    with gather_writes():
        insert([event("test.kept")])
        with suppress(ValueError), gather_writes():
            insert([event("test.dropped")])
            raise ValueError
    assert list(Event.objects.filter(topic__startswith="test.").values_list("topic", flat=True)) == [
        "test.kept"
    ]


@pytest.mark.django_db
def test_nothing_waits_after_a_block_that_failed() -> None:
    with suppress(ValueError), transaction.atomic(), gather_writes():
        insert([event()])
        raise ValueError
    flush()
    assert not Event.objects.filter(topic="test.happened").exists()


def test_outside_a_transaction_it_refuses(own_database: str) -> None:
    @joins_transaction
    def part() -> None:
        raise AssertionError("it ran")

    for run in (part, lambda: lock_name("test"), gather_writes().__enter__):
        with pytest.raises(RuntimeError, match="transaction"):
            run()
