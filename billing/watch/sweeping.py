"""Looking at what must hold; what does not stops payouts until a person has looked. Sales go on."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing.payouts.halts import services as halt_services
from billing.watch import checks
from billing.watch.checks import Difference
from billing.watch.models import Finding, Sweep
from kernel import clock
from kernel.database.unit_of_work import lock_name

logger = logging.getLogger(__name__)
OVERLAP = timedelta(hours=1)
"""A sweep looks back this far behind the last one, for transactions that were open meanwhile."""
WHOLE_EVERY = timedelta(days=1)


def sweep(*, asked_by: str = "clock", whole: bool = False) -> Sweep:
    """Ask every check; write differences down and halt payouts. Must run outside any transaction.

    Looks at what is new since the last sweep, once a day or with ``whole`` at everything. A check that cannot
    be asked is itself a difference. Findings that are no longer there are closed as mended; the halt stays.
    """
    until = clock.now()
    since = None if whole else _since(until)
    looked_at = differing = 0
    for name, check in checks.registered().items():
        looked_at += 1
        try:
            with transaction.atomic(durable=True):
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ ONLY")
                differences = list(check(since))
        except Exception as error:
            logger.exception("an invariant could not be looked at", extra={"check": name})
            differences = [
                Difference("the check itself", {"problem": f"{type(error).__name__}: {error}"[:500]})
            ]
        differing += len(differences)
        with transaction.atomic(durable=True):
            note(name, differences, is_whole=since is None, found_by="invariant sweep")
    return Sweep.objects.create(
        kind=Sweep.Kind.INVARIANTS,
        asked_by=asked_by,
        since=since,
        until=until,
        finished_at=clock.now(),
        looked_at=looked_at,
        differences=differing,
    )


def _since(now: datetime) -> datetime | None:
    done = Sweep.objects.filter(kind=Sweep.Kind.INVARIANTS, finished_at__isnull=False)
    if not done.filter(since=None, until__gte=now - WHOLE_EVERY).exists():
        return None
    last = done.order_by("-until").values_list("until", flat=True).first()
    return last - OVERLAP if last else None


def note(name: str, differences: Iterable[Difference], *, is_whole: bool, found_by: str) -> None:
    """Write down what a check found, close what it no longer finds, halt payouts. In a transaction.

    What a partial look does not find again may lie behind it, so only a whole one closes.
    """
    lock_name(f"watch {name}")
    differences = list(differences)
    seen = {difference.subject[:200] for difference in differences}
    known = set(Finding.objects.filter(check_name=name, closed_at=None).values_list("subject", flat=True))
    now = clock.now()
    Finding.objects.filter(check_name=name, closed_at=None, subject__in=seen & known).update(last_seen_at=now)
    Finding.objects.bulk_create(
        Finding(
            check_name=name,
            subject=difference.subject[:200],
            facts=dict(difference.facts),
            transfer_id=difference.transfer_id,
            line_id=difference.line_id,
            found_at=now,
            last_seen_at=now,
        )
        for difference in {difference.subject[:200]: difference for difference in differences}.values()
        if difference.subject[:200] not in known
    )
    if is_whole:
        Finding.objects.filter(check_name=name, closed_at=None).exclude(subject__in=seen).update(
            closed_at=now, outcome=Finding.Outcome.MENDED, closed_by=found_by
        )
    if seen - known:
        # Only what is concerned stops: a shop whose books differ is no reason to pay nobody of the others.
        fresh = {row.tenant_id for row in differences if row.subject[:200] not in known}
        for tenant_id in [None] if None in fresh else fresh:
            halt_services.halt(f"{name} does not hold", found_by, tenant_id=tenant_id)
        logger.error("an invariant does not hold", extra={"check": name, "differences": len(seen)})
