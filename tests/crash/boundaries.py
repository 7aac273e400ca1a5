"""Dying at a chosen commit: every boundary of a story is found by counting, none is listed by hand."""

import os
import signal
import warnings
from collections.abc import Callable
from typing import Any
from unittest import mock

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

FAILED = 17


def die_at(number: int, moment: str, story: Callable[[], object]) -> bool:
    """Run ``story`` in a fork of this process that kills itself -9 at its ``number``-th commit.

    ``moment`` is "before" or "after" it. A statement that commits by itself counts too. Returns False if
    the story came to its end before that: then every boundary has been visited.
    """
    connection.close()
    connection.close_pool()
    with warnings.catch_warnings():
        # The other threads are the sandbox's; the child uses none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = FAILED
        try:
            _run(number, moment, story)
            code = 0
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    assert status == 0, "the story itself failed; see what it logged"
    return False


def _run(number: int, moment: str, story: Callable[[], object]) -> None:
    passed = 0
    commit = BaseDatabaseWrapper._commit

    def boundary(act: Callable[[], Any]) -> Any:
        nonlocal passed
        passed += 1
        if passed == number and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = act()
        if passed == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def watched(execute: Any, statement: Any, values: Any, many: bool, context: Any) -> Any:
        def run() -> Any:
            return execute(statement, values, many, context)

        is_read = str(statement).lstrip().upper().startswith(("SELECT", "SET", "SHOW"))
        return run() if is_read or connection.in_atomic_block else boundary(run)

    with (
        mock.patch.object(BaseDatabaseWrapper, "_commit", lambda self: boundary(lambda: commit(self))),
        connection.execute_wrapper(watched),
    ):
        story()
