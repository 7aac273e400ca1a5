"""Whether a supplier is paid at present."""

from datetime import datetime

from billing.payouts.holds.models import PayoutHold
from catalog.models import Supplier


def on_hold_since(supplier: Supplier) -> datetime | None:
    """Return since when a supplier is paid nothing; None if no hold is in force."""
    return (
        PayoutHold.objects.filter(supplier=supplier, lifted_at=None)
        .values_list("placed_at", flat=True)
        .first()
    )
