"""Asking the same question once while one page is made.

Rules, assortment and categories are read by many small functions that know nothing of each other. While
a page is being made their answers cannot usefully change, so the first answer serves them all. The same
holds inside a command that asks for it, from its first lock to its last write. Nothing is remembered longer.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from kernel.tenancy import current_schema

_answers: ContextVar[dict[Any, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def one_page() -> Iterator[None]:
    """Remember answers inside the block: for requests that only read, and commands that change none of it."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def once_a_page[T](question: Callable[[], T]) -> Callable[[], T]:
    """Let a function without arguments be asked once a page and schema. Its answer must not be changed."""

    @wraps(question)
    def ask() -> T:
        answers = _answers.get()
        if answers is None:
            return question()
        key = (question, current_schema())
        if key not in answers:
            answers[key] = question()
        answer: T = answers[key]
        return answer

    return ask


def note[T](question: Callable[[], T], answer: T) -> None:
    """Remember the answer to a question of ``once_a_page`` that came along with something else."""
    answers = _answers.get()
    if answers is not None:
        answers[inspect.unwrap(question), current_schema()] = answer
