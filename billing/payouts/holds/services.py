"""Payout holds: a supplier is paid nothing while one is in force; what is on its way goes on."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.payouts.holds.models import PayoutHold
from kernel import audit, clock
from kernel.database.unit_of_work import lock_name
from kernel.errors import InvalidInput, NotFound


def place_hold(*, supplier_id: UUID, reason: str, acting_user: Any) -> PayoutHold:
    """Pay a supplier nothing until the hold is lifted. Again while one is in force: that one stays."""
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    with transaction.atomic():
        # Two at once would make two holds.
        lock_name(f"hold {supplier_id}")
        hold = PayoutHold.objects.filter(supplier_id=supplier_id, lifted_at=None).first()
        if hold is not None:
            return hold
        hold = PayoutHold.objects.create(
            supplier_id=supplier_id, reason=reason.strip()[:300], placed_by=str(acting_user)[:200]
        )
        _record("payout_hold.placed", hold, acting_user, reason)
    return hold


def lift_hold(*, hold_id: UUID, reason: str, acting_user: Any) -> PayoutHold:
    """Pay the supplier again. Raises NotFound if the hold is not in force."""
    with transaction.atomic():
        hold = PayoutHold.objects.select_for_update().filter(id=hold_id, lifted_at=None).first()
        if hold is None:
            raise NotFound(_("this payout hold is not in force"), field="hold", value=hold_id)
        hold.lifted_at, hold.lifted_by = clock.now(), str(acting_user)[:200]
        hold.save(update_fields=["lifted_at", "lifted_by"])
        _record("payout_hold.lifted", hold, acting_user, reason)
    return hold


def _record(action: str, hold: PayoutHold, actor: Any, reason: str) -> None:
    audit.record(
        action,
        actor=actor,
        object_type="catalog.supplier",
        object_id=hold.supplier_id,
        object_label=hold.supplier.code,
        reason=reason,
    )
