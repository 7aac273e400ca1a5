"""What of payees' money has not arrived in their banks when it should have."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.transfers.models import Payout
from kernel import clock
from kernel.errors import Text

GRACE = timedelta(days=1)
"""So long after the expected day nothing is said: banks book at night."""
UNASKED = timedelta(days=8)
"""By then the money of a charge is available at the payment service, whichever country it came from."""
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Overdue:
    """Money that should be in a payee's bank by now; ``id`` is the bank payout's, else the payout's."""

    id: UUID
    payee: str
    amount: int
    currency: str
    since: datetime
    why: Text
    error: str = ""
    attempts: int = 0


def overdue() -> list[Overdue]:
    """Return what came back, is late, or was never sent on, oldest first; SHOWN of each at most."""
    now = clock.now()
    came_back = BankPayout.objects.filter(state=BankPayout.State.FAILED, replaced_by=None)
    late = BankPayout.objects.filter(
        Q(state=BankPayout.State.SENT, arrives_at__lt=now - GRACE)
        | Q(state__in=BankPayout.OPEN, arrives_at=None, created_at__lt=now - GRACE)
    )
    unsent = Payout.objects.filter(
        state=Payout.State.PAID, bank_payout=None, amount__gt=0, paid_at__lt=now - UNASKED
    )
    names = {BankPayout.State.FAILED: _("the bank gave it back")}
    rows = [
        Overdue(
            row.id,
            str(row.account),
            row.amount,
            row.currency,
            row.arrives_at or row.created_at,
            names.get(BankPayout.State(row.state), _("it has not arrived by its day")),
            row.last_error,
            row.attempts,
        )
        for query in (came_back, late)
        for row in query.select_related("account").order_by("created_at")[:SHOWN]
    ]
    rows += [
        Overdue(
            row.id,
            row.destination,
            row.amount,
            row.currency,
            row.paid_at or row.requested_at,
            _("the payment service has not let it go on to the bank"),
        )
        for row in unsent.order_by("paid_at")[:SHOWN]
    ]
    return sorted(rows, key=lambda row: row.since)


def overdue_count() -> float:
    """Return how many of them there are."""
    return float(len(overdue()))
