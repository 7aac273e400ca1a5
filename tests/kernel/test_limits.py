"""Counters of how often something may happen."""

import pytest
import time_machine

from kernel import limits


@pytest.fixture(autouse=True)
def _one_moment(db: None):
    with time_machine.travel("2026-01-01T00:00:10Z", tick=False):
        yield


def test_so_many_are_allowed_and_no_more() -> None:
    verdicts = [limits.hit("a", limit=2, window=60) for _time in range(3)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [1, 0, 0]
    assert [verdict.retry_after for verdict in verdicts] == [0, 0, 50]


def test_keys_do_not_affect_each_other() -> None:
    assert limits.hit("a", limit=1, window=60).allowed
    assert limits.hit("b", limit=1, window=60).allowed
    assert not limits.hit("a", limit=1, window=60).allowed


def test_a_new_window_begins_anew() -> None:
    assert limits.hit("a", limit=1, window=60).allowed
    with time_machine.travel("2026-01-01T00:01:00Z", tick=False):
        assert limits.hit("a", limit=1, window=60).allowed


def test_what_is_forgotten_is_not_counted() -> None:
    assert limits.hit("a", limit=1, window=300).allowed
    limits.forget("a", window=300)
    assert limits.hit("a", limit=1, window=300).allowed
