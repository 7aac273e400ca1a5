"""Calls that change something outside: made once, however often they are tried and wherever a process dies.

Nobody outside joins our transaction. So what is wanted is committed as a row first; the call goes out after
that, with a key made from the row's id that makes it safe to repeat; its answer is applied in a second
transaction. The other side forgets a key after a day: from KEY_LIFE on, what an earlier try may have made is
looked up before it is asked for again. What cannot be reached is tried later, and later each time.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from kernel import clock
from kernel.calls.errors import CallError, NoClearAnswer, only_looking
from kernel.models import NO_ONE, OutgoingRow

logger = logging.getLogger(__name__)
KEY_LIFE = timedelta(hours=23)
"""Stripe forgets an idempotency key after 24 hours."""
BATCH = 100


def backoff(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time, up to ``longest``."""
    return min(first * (1 << min(attempts, 16)), longest)


def key_is_old(first_tried_at: datetime | None, life: timedelta = KEY_LIFE) -> bool:
    """Say whether the other side may have forgotten a key that was first used then."""
    return first_tried_at is not None and clock.now() - first_tried_at >= life


class OutgoingCall[Row: OutgoingRow, Answer](ABC):
    """One kind of call: how it is asked for, looked up and applied. ``run`` is the same for all.

    ``fetch``, ``find`` and ``request`` run outside any transaction, everything else inside one.
    """

    first_wait, longest_wait = timedelta(seconds=10), timedelta(hours=1)
    key_life = KEY_LIFE

    @abstractmethod
    def lock(self, row_id: UUID) -> Row:
        """Return the row, locked, with all that the call needs of other rows."""

    @abstractmethod
    def is_open(self, row: Row) -> bool:
        """Say whether anything is to be asked; what must not be sent any more may be ended here."""

    def fetch(self, row: Row) -> Answer | None:
        """Return how it stands, by the id that the other side gave it; None if it gave none yet."""
        return None

    @abstractmethod
    def find(self, row: Row) -> Answer | None:
        """Look for what an earlier try made, by our own reference."""

    @abstractmethod
    def request(self, row: Row) -> Answer:
        """Ask for it, with the row's key."""

    @abstractmethod
    def apply(self, row: Row, answer: Answer) -> Row:
        """Bring the row to where the other side has it. ``row`` is as it was asked about: lock it anew."""

    @abstractmethod
    def refused(self, row: Row, error: CallError) -> Row:
        """Do what follows from a refusal, such as giving up with the reason. As ``apply``."""

    def unclear(self, row: Row, error: NoClearAnswer) -> Row:
        """Note that there was no clear answer; it is asked again at ``next_try_at``."""
        type(row)._default_manager.filter(pk=row.pk).update(last_error=str(error)[:300])
        row.refresh_from_db()
        return row

    def run(self, row_id: UUID) -> Row:
        """Make the call, or see how it stands. Must run outside any transaction; may be repeated at any time.

        Raises nothing that the other side says, unless ``refused`` or ``unclear`` do: the row says it.
        """
        with transaction.atomic(durable=True):
            row, now = self.lock(row_id), clock.now()
            if not self.is_open(row):
                return row
            is_forgotten = key_is_old(row.first_tried_at, self.key_life)
            row.first_tried_at = row.first_tried_at or now
            row.attempts += 1
            row.next_try_at = now + backoff(row.attempts, self.first_wait, self.longest_wait)
            row.save(update_fields=["first_tried_at", "attempts", "next_try_at"])
        try:
            with only_looking():
                answer = self.fetch(row) or (self.find(row) if is_forgotten else None)
            answer = answer or self.request(row)
        except NoClearAnswer as error:
            return self.unclear(row, error)
        except CallError as error:
            with transaction.atomic(durable=True):
                return self.refused(row, error)
        with transaction.atomic(durable=True):
            return self.apply(row, answer)

    def run_due(self, rows: QuerySet[Row]) -> int:
        """Run what is due of ``rows``, BATCH at most; return how many were tried."""
        due = rows.filter(next_try_at__lte=clock.now()).order_by("next_try_at", "id")
        return each(due.values_list("id", flat=True)[:BATCH], self.run)


def row_of(rows: type[OutgoingRow], external_id: str, reference: str) -> UUID | None:
    """Return the id of the row that an object of the other side belongs to, None if it is not ours.

    By its own id there, or by ours in ``reference``: a report may be faster than the answer to our call.
    """
    ids = rows._default_manager.values_list("id", flat=True)
    return ids.filter(external_id=external_id).first() or ids.filter(id=own_id(reference)).first()


def own_id(reference: str) -> UUID:
    """Return the id in a reference that was ours, or one that nothing has."""
    try:
        return UUID(reference)
    except ValueError:
        return NO_ONE


def each(ids: Iterable[UUID], command: Callable[[UUID], object]) -> int:
    """Run a command for each row; what goes wrong with one is logged, and the others go on."""
    ids = list(ids)
    for row_id in ids:
        try:
            command(row_id)
        except Exception:
            logger.exception("it could not be gone on with", extra={"subject": str(row_id)})
    return len(ids)
