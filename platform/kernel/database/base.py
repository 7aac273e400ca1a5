"""Django's PostgreSQL backend (``ORIGINAL_BACKEND``), whose refusals are errors that a person can act on."""

from types import TracebackType
from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import DatabaseError, DatabaseErrorWrapper
from django.utils.functional import cached_property

from kernel.database import refusals


class MeaningfulErrors(DatabaseErrorWrapper):
    """Raises, from every statement, fetch and commit, what a refusal means; other errors stay Django's.

    What is raised is still of Django's class (IntegrityError, ...), so that transactions end and
    ``get_or_create`` works as ever.
    """

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is None:
            return  # every statement and every fetch passes here
        try:
            super().__exit__(exc_type, exc_value, traceback)
        except DatabaseError as error:
            refusal = refusals.refusal_of(error)
            if refusal is None:
                raise
            raise refusal.with_traceback(traceback) from exc_value


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose errors are meaningful."""

    @cached_property
    def wrap_database_errors(self) -> Any:
        """Every path to the database runs inside this."""
        return MeaningfulErrors(self)
