"""What must always hold, as questions. Apps above billing register theirs in ``AppConfig.ready``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from kernel.models import NO_ONE


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not hold. ``subject`` names it, the same from look to look; ``facts`` is JSON.

    A fact ``tenant_id`` names the shop that it concerns, and nobody besides.
    """

    subject: str
    facts: Mapping[str, Any]
    transfer_id: UUID | None = None
    line_id: UUID | None = None

    @property
    def tenant_id(self) -> UUID | None:
        """The only shop that it concerns; None where it may concern anybody."""
        named = self.facts.get("tenant_id")
        return UUID(str(named)) if named and str(named) != str(NO_ONE) else None


Check = Callable[[datetime | None], Iterable[Difference]]
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Ask ``check`` in every sweep. It gets the moment since which to look, None for everything.

    It runs in "public" and in a transaction that only reads, and must be set-based: one statement sees one
    state of things.
    """
    _checks[name] = check


def registered() -> Mapping[str, Check]:
    """Return all registered checks: name -> the question."""
    return _checks


def by_query(query: str) -> Check:
    """Make a check of a query whose rows are differences.

    Its first column is the subject, the others become facts by their names. ``%(since)s`` is the moment, or
    a moment before everything; ``%(boundary)s`` the first id a row made then can have.
    """

    def ask(since: datetime | None) -> list[Difference]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(%s::timestamptz, '1970-01-01Z'),"
                " public.ledger_first_id(coalesce(%s::timestamptz, '1970-01-01Z'))",
                [since, since],
            )
            moment, boundary = cursor.fetchone()
            cursor.execute(query, {"since": moment, "boundary": boundary})
            names = [column.name for column in cursor.description]
            return [
                Difference(
                    str(row[0]),
                    {name: _plain(value) for name, value in zip(names[1:], row[1:], strict=True)},
                )
                for row in cursor.fetchall()
            ]

    return ask


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)
