"""How many people somebody may still bring by code: what own sales earned, what was used, what ran out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tenants.agents.rules.document.compiling import minor_units
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.people.progress import DayTotal


@dataclass(frozen=True, slots=True)
class Quota:
    """Invitations of one member as they stand today; ``next_expiry`` is the last day of the oldest left."""

    earned: int
    used: int
    expired: int
    left: int
    next_expiry: date | None


@dataclass(slots=True)
class _Batch:
    """Invitations earned on one day."""

    day: date
    count: int


def quota(
    *, joined: date, own_sales: Iterable[DayTotal], used: Iterable[date], today: date, rules: Rules
) -> Quota | None:
    """Return what a member may still hand out, or None where the rules ration nothing.

    ``own_sales`` are what the member's own fans bought, net of refunds, by day; each day may stand several
    times. ``used`` has the day on which each invitation was spent. An invitation can be used on the day it
    was earned and ``expire_days`` days longer. The oldest is used first. Where a refund took away what an
    invitation was earned with, the next one earned makes up for it.
    """
    invites = rules.document.invites
    if invites is None:
        return None
    price = minor_units(invites.one_per_own_sales, rules.compiled.digits) if invites.one_per_own_sales else 0
    batches = _earned(joined, invites.at_start, own_sales, price, today)
    earned = sum(batch.count for batch in batches)
    lasting = invites.expire_days
    spent = sorted(day for day in used if day <= today)
    owed = 0
    for day in spent:
        alive = (b for b in batches if b.count and b.day <= day and not _is_over(b, day, lasting))
        oldest = next(alive, None)
        if oldest:
            oldest.count -= 1
        else:
            owed += 1
    for batch in batches:
        if owed and not _is_over(batch, today, lasting):
            made_up = min(owed, batch.count)
            batch.count, owed = batch.count - made_up, owed - made_up
    alive_now = [batch for batch in batches if batch.count and not _is_over(batch, today, lasting)]
    left = sum(batch.count for batch in alive_now)
    expired = sum(batch.count for batch in batches) - left
    ends = alive_now[0].day + timedelta(days=lasting) if alive_now and lasting is not None else None
    return Quota(earned, len(spent), expired, left, ends)


def _earned(joined: date, at_start: int, sales: Iterable[DayTotal], price: int, today: date) -> list[_Batch]:
    batches = [_Batch(joined, at_start)] if at_start else []
    if not price:
        return batches
    total = counted = 0
    for sale in sorted(sales, key=lambda sale: sale.on):
        if sale.on > today:
            break
        total += sale.amount
        count = total // price - counted
        if count > 0:
            batches.append(_Batch(max(sale.on, joined), count))
            counted += count
    return sorted(batches, key=lambda batch: batch.day)


def _is_over(batch: _Batch, day: date, lasting: int | None) -> bool:
    return lasting is not None and day > batch.day + timedelta(days=lasting)
