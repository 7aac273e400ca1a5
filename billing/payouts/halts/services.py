"""Payout halts: while one is in force no money leaves. Sales and refunds go on."""

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.payouts.halts.models import PayoutHalt
from billing.payouts.halts.selectors import active
from kernel import audit
from kernel.database.unit_of_work import lock_name
from kernel.errors import InvalidInput

logger = logging.getLogger(__name__)
LOCK = "payouts.halts"


def halt(reason: str, found_by: str, *, tenant_id: UUID | None = None) -> PayoutHalt:
    """Let no money out from now on, or none of one shop's. The same again, while it is in force: no change.

    ``found_by`` names the check, or the person. Joins the caller's transaction if there is one.
    """
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    with transaction.atomic():
        lock_name(LOCK)
        present = active().filter(reason=reason, found_by=found_by[:200], tenant_id=tenant_id).first()
        if present is not None:
            return present
        new = PayoutHalt.objects.create(reason=reason, found_by=found_by[:200], tenant_id=tenant_id)
        _record("payouts.halt", new, found_by, reason)
    logger.error("payouts halted", extra={"halt": str(new.id), "reason": reason, "found_by": found_by})
    return new


def lift(reason: str, acting_user: Any) -> int:
    """Let all money out again; return how many halts that ended. A reason is wanted, and is kept.

    Whether the person may is the caller's question.
    """
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    with transaction.atomic():
        lock_name(LOCK)
        ended = list(active())
        for halt in ended:
            PayoutHalt.objects.create(
                reason=reason, found_by=str(acting_user)[:200], lifts=halt, tenant_id=halt.tenant_id
            )
            _record("payouts.lift", halt, acting_user, reason)
    return len(ended)


def _record(action: str, halt: PayoutHalt, actor: Any, reason: str) -> None:
    audit.record_on(halt, action, actor=actor, reason=reason, schema="public")
