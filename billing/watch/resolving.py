"""Answering a difference: by a reversal or a correction, with a reason. Nothing is ever edited."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind, Transfer
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.watch.models import BalanceLine, Finding
from kernel import audit, clock
from kernel.errors import Conflict, InvalidInput
from kernel.models import NO_ONE

CORRECTION = "watch.correction"


def reverse_posting(*, finding_id: UUID, reason: str, acting_user: Any) -> Finding:
    """Undo a posting that no line of the provider's balance bears out, by its exact opposite.

    Raises Conflict if the finding is closed or is about something else, InsufficientBalance if the money has
    moved on, InvalidInput without a reason.
    """
    with transaction.atomic(durable=True):
        finding = _open(finding_id, reason)
        if finding.transfer_id is None:
            raise Conflict(_("there is no posting to be reversed here"), field="finding")
        posted = ledger_services.reverse(
            transfer_id=finding.transfer_id, reason=reason, acting_user=acting_user
        )
        return _close(finding, Finding.Outcome.REVERSED, posted.transfer_id, reason, acting_user)


def book_line(*, finding_id: UUID, reason: str, acting_user: Any) -> Finding:
    """Book a line of the provider's balance that nobody has booked, onto the account for corrections.

    What it really was is then moved on from there by whoever knows. Raises Conflict if the finding is closed
    or is about something else, InvalidInput without a reason.
    """
    with transaction.atomic(durable=True):
        finding = _open(finding_id, reason)
        line = BalanceLine.objects.select_for_update().filter(findings=finding, transfer=None).first()
        if line is None:
            raise Conflict(_("there is no line without posting here"), field="finding")
        posted = ledger_services.post(
            tenant_id=NO_ONE,
            kind=CORRECTION,
            idempotency_key=str(finding.id),
            legs=[
                clearing_leg(line.source, line.currency, -line.amount),
                Leg("platform", NO_ONE, AccountKind.CORRECTION, line.currency, line.amount),
            ],
            subject_id=finding.id,
        )
        line.transfer = Transfer.objects.get(id=posted.transfer_id)
        line.save(update_fields=["transfer"])
        return _close(finding, Finding.Outcome.CORRECTED, posted.transfer_id, reason, acting_user)


def _open(finding_id: UUID, reason: str) -> Finding:
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    finding = Finding.objects.select_for_update().filter(id=finding_id, closed_at=None).first()
    if finding is None:
        raise Conflict(
            _("this has been finished meanwhile"), field="finding", value=finding_id, code="finished"
        )
    return finding


def _close(finding: Finding, outcome: str, answer: UUID, reason: str, acting_user: Any) -> Finding:
    finding.closed_at, finding.outcome, finding.answer_id = clock.now(), outcome, answer
    finding.closed_by, finding.reason = str(acting_user)[:200], reason
    finding.save(update_fields=["closed_at", "outcome", "answer", "closed_by", "reason"])
    audit.record_on(
        finding,
        f"finding.{outcome}",
        actor=acting_user,
        changes={"answer": str(answer), "facts": finding.facts},
        reason=reason,
    )
    return finding
