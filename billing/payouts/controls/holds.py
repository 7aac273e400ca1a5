"""Payout holds of suppliers, and the penalty for a counterfeit; what is on its way goes on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payouts.controls.models import PayoutHold
from catalog.models import Supplier
from kernel import audit, clock
from kernel.database.unit_of_work import joins_transaction, lock_name
from kernel.errors import InvalidInput, NotFound
from kernel.models import NO_ONE, Event

PENALTY = "counterfeit.penalty"


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


@joins_transaction
def charge_penalty(*, supplier_id: UUID, amount: int, currency: str, ruling_id: UUID) -> None:
    """Let a supplier owe the platform a penalty, minor units; it is netted from what is paid out next.

    Must run inside a transaction. Again for the same ruling: no change.
    """
    ledger_services.post(
        tenant_id=NO_ONE,
        kind=PENALTY,
        idempotency_key=str(ruling_id),
        legs=[
            Leg("supplier", supplier_id, AccountKind.SUPPLIER_RECEIVABLE, currency, -amount),
            Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, currency, amount),
        ],
        subject_id=ruling_id,
    )


def on_hold_since(supplier: Supplier) -> datetime | None:
    """Return since when a supplier is paid nothing; None if no hold is in force."""
    return (
        PayoutHold.objects.filter(supplier=supplier, lifted_at=None)
        .values_list("placed_at", flat=True)
        .first()
    )


def on_counterfeit(event: Event) -> None:
    """A counterfeit was found: its supplier is paid nothing for now, and owes the penalty."""
    payload = event.payload
    place_hold(
        supplier_id=UUID(payload["supplier_id"]),
        reason=f"{payload['title']}: {payload['reason']}",
        acting_user=payload["by"],
    )
    if payload["penalty"]:
        charge_penalty(
            supplier_id=UUID(payload["supplier_id"]),
            amount=payload["penalty"],
            currency=payload["currency"],
            ruling_id=UUID(payload["ruling_id"]),
        )


def _record(action: str, hold: PayoutHold, actor: Any, reason: str) -> None:
    audit.record(
        action,
        actor=actor,
        object_type="catalog.supplier",
        object_id=hold.supplier_id,
        object_label=hold.supplier.code,
        reason=reason,
    )
