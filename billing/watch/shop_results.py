"""What each shop brings the platform: fees of orders and plans, less what payment providers keep."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, Sum

from billing.ledger.models import AccountKind, Entry
from kernel.models import NO_ONE


@dataclass(frozen=True, slots=True)
class ShopResult:
    """A shop's result in one currency, minor units.

    ``earned`` is the platform's fee of its orders, less refunds, and what it paid for its plan;
    ``provider_fees`` is what payment providers kept of its payments.
    """

    tenant_id: UUID
    currency: str
    earned: int
    provider_fees: int

    @property
    def result(self) -> int:
        """What is left of it for the platform."""
        return self.earned - self.provider_fees

    @property
    def is_loss(self) -> bool:
        """The shop costs more than it brings."""
        return self.result < 0


def since(moment: datetime) -> list[ShopResult]:
    """Return the results of all shops from a moment on, the worst first.

    A provider's fee counts once reconciliation has seen its line, by the day on which it was kept.
    """
    rows = (
        Entry.objects.filter(
            account__kind__in=[AccountKind.PLATFORM_FEE, AccountKind.PSP_FEE],
            transfer__occurred_at__gte=moment,
        )
        .exclude(transfer__tenant_id=NO_ONE)
        .values_list("transfer__tenant_id", "currency")
        .annotate(
            earned=Sum("amount", filter=Q(account__kind=AccountKind.PLATFORM_FEE), default=0),
            kept=-Sum("amount", filter=Q(account__kind=AccountKind.PSP_FEE), default=0),
        )
        .order_by()
    )
    results = [
        ShopResult(tenant_id, currency, int(earned), int(kept)) for tenant_id, currency, earned, kept in rows
    ]
    return sorted(results, key=lambda row: (row.result, str(row.tenant_id)))
