"""What can become of a call to somebody outside, as far as errors say it."""

from collections.abc import Iterator
from contextlib import contextmanager


class CallError(Exception):
    """The other side did not do what was asked. ``code`` is its own."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NoClearAnswer(CallError):
    """It may or may not have happened. Ask again with the same key."""


class CallRefused(CallError):
    """The request itself was refused: asking again changes nothing until something else changes."""


@contextmanager
def only_looking() -> Iterator[None]:
    """Around a read about something that was asked for before: its refusal is no clear answer.

    Taken for the refusal of a transfer or refund that happened, it would have the money sent twice.
    """
    try:
        yield
    except NoClearAnswer:
        raise
    except CallError as error:
        raise NoClearAnswer(f"it could not be looked up: {error}", error.code) from error
