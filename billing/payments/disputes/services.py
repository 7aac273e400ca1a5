"""Disputes: the member's bank takes a payment back, and decides.

What the bank takes waits on the account ``disputed``. Won, it is back with the provider; lost, it is a refund
like any other, and the fee stays with the shop whose sale it was. Refunds and disputes of one payment come in
any order and at the same time: ``follow_refunds`` is where they meet.
"""

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_tenants.postgresql_backend.base import FakeTenant

from accounts.models import User
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payments.disputes.models import Dispute
from billing.payments.gateway import ProviderDispute, gateway
from billing.payments.payments.models import Payment
from billing.payments.purposes import Purpose, purpose_of
from billing.payments.records import lock_payment
from billing.payments.refunds.models import Refund
from billing.payments.refunds.selectors import LOST_UNAPPLIED, unapplied_left
from kernel import audit, clock
from kernel.calls.errors import CallError
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.tenancy import in_tenant

logger = logging.getLogger(__name__)
State = Dispute.State
EVIDENCE_LIMIT = 20_000


def apply_dispute(provider_dispute: ProviderDispute) -> Dispute | None:
    """Bring a dispute to where the gateway has it. Must run inside a transaction; closed stays closed.

    None where the payment is not ours.
    """
    payment_id = (
        Payment.objects.filter(external_id=provider_dispute.payment_external_id)
        .values_list("id", flat=True)
        .first()
    )
    if payment_id is None:
        logger.warning("a dispute about a payment that is not ours", extra={"object": provider_dispute.id})
        return None
    payment = lock_payment(payment_id)
    dispute = Dispute.objects.select_for_update().filter(external_id=provider_dispute.id).first()
    is_new = dispute is None
    if dispute is None:
        dispute = _open(payment, provider_dispute)
    dispute.payment = payment
    if dispute.state in Dispute.FINAL:
        if dispute.state != provider_dispute.status:
            logger.error(
                "a closed dispute changed",
                extra={"dispute": provider_dispute.id, "status": provider_dispute.status},
            )
        elif dispute.state == State.WON:
            # The bank gives back after it has said so.
            _book_funds(payment, dispute, provider_dispute)
            dispute.save(update_fields=["withdrawn", "fee"])
        return dispute
    _book_funds(payment, dispute, provider_dispute)
    dispute.state, dispute.respond_by = State(provider_dispute.status), provider_dispute.respond_by
    if dispute.state in Dispute.FINAL:
        dispute.closed_at = clock.now()
        # What waited for the bank is tried again: it goes now, or is refused for good.
        payment.refunds.filter(state__in=Refund.OPEN).update(next_try_at=clock.now())
    dispute.save()
    if dispute.state == State.WON:
        _notify(payment, dispute, purpose_of(payment.purpose).dispute_won)
    follow_refunds(payment)
    dispute.refresh_from_db()
    dispute.payment = payment
    if is_new and dispute.state in Dispute.OPEN and not dispute.reserved:
        # There is nothing left to reserve; who is owed money of it waits all the same.
        _notify(payment, dispute, purpose_of(payment.purpose).dispute_opened)
    return dispute


def _open(payment: Payment, provider_dispute: ProviderDispute) -> Dispute:
    logger.error("a payment is disputed", extra={"payment": str(payment.id), "dispute": provider_dispute.id})
    return Dispute.objects.create(
        payment=payment,
        external_id=provider_dispute.id,
        amount=provider_dispute.amount,
        currency=provider_dispute.currency,
        reserved=0,
        reason=provider_dispute.reason[:80],
        respond_by=provider_dispute.respond_by,
    )


def follow_refunds(payment: Payment) -> None:
    """Bring what the disputes of a payment reserve into line with its refunds, whichever came first.

    A dispute reserves what no refund takes, so that each cent goes back once; it grows where a refund fails
    and shrinks where one comes in from the provider's own pages. A lost one is taken from whoever had got the
    money once no refund is on its way any more: until then nobody knows which of the two it was. Must run in
    a transaction, with the payment's row locked; again: no change.
    """
    purpose = purpose_of(payment.purpose)
    refunds = list(payment.refunds.exclude(state=Refund.State.FAILED))
    left = payment.amount
    if payment.state == Payment.State.SUCCEEDED:
        left = max(left - sum(refund.amount for refund in refunds), 0)
    disputes = list(payment.disputes.select_for_update().exclude(state=State.WON).order_by("id"))
    left -= sum(dispute.reserved for dispute in disputes if dispute.taken_back_at)
    for dispute in disputes:
        dispute.payment = payment
        if dispute.taken_back_at:
            continue
        reserved = min(dispute.amount, max(left, 0))
        left -= reserved
        if reserved != dispute.reserved:
            dispute.reserved = reserved
            dispute.save(update_fields=["reserved"])
            _notify(payment, dispute, purpose.dispute_opened)
    payment.refunded = payment.amount - max(left, 0)
    payment.save(update_fields=["refunded"])
    if any(refund.state in Refund.OPEN for refund in refunds):
        return
    for dispute in disputes:
        if dispute.state == State.LOST and not dispute.taken_back_at:
            dispute.taken_back_at = clock.now()
            dispute.save(update_fields=["taken_back_at"])
            _lose(payment, dispute, purpose)


def _book_funds(payment: Payment, dispute: Dispute, provider_dispute: ProviderDispute) -> None:
    """Book what the bank took and gave back: both, even where only the end was reported."""
    was_taken = provider_dispute.withdrawn > 0 or provider_dispute.fee > 0
    if was_taken and not dispute.withdrawn:
        _post(payment, dispute, "dispute.withdrawn", provider_dispute.withdrawn or provider_dispute.amount)
        dispute.withdrawn = provider_dispute.withdrawn or provider_dispute.amount
    if provider_dispute.fee > dispute.fee:
        _post(payment, dispute, "dispute.fee", provider_dispute.fee - dispute.fee, AccountKind.TENANT_MARGIN)
        dispute.fee = provider_dispute.fee
    if dispute.withdrawn and not provider_dispute.withdrawn:
        _post(payment, dispute, "dispute.reinstated", -dispute.withdrawn)
        dispute.withdrawn = 0


def _lose(payment: Payment, dispute: Dispute, purpose: Purpose) -> None:
    unapplied = unapplied_left(payment)
    if unapplied:
        # It had reached no purpose: nobody has got anything of it.
        amount = min(unapplied, dispute.withdrawn)
        legs = [(AccountKind.DISPUTED, amount), (AccountKind.UNAPPLIED_RECEIPT, -amount)]
        _move(
            payment,
            dispute,
            LOST_UNAPPLIED,
            [
                Leg("tenant", payment.tenant_id, account, dispute.currency, moved)
                for account, moved in legs
                if moved
            ],
        )
        if dispute.withdrawn > amount:
            bear(dispute, dispute.withdrawn - amount)
    elif purpose.dispute_lost is not None:
        _notify(payment, dispute, purpose.dispute_lost)
    elif dispute.withdrawn:
        bear(dispute, dispute.withdrawn)


def bear(dispute: Dispute, amount: int) -> None:
    """Let the shop bear what was lost and belongs to nothing that could be clawed back. In a transaction."""
    payment = dispute.payment
    _move(
        payment,
        dispute,
        "dispute.borne",
        [
            Leg("tenant", payment.tenant_id, AccountKind.DISPUTED, dispute.currency, amount),
            Leg("tenant", payment.tenant_id, AccountKind.TENANT_MARGIN, dispute.currency, -amount),
        ],
    )


def _post(
    payment: Payment, dispute: Dispute, kind: str, amount: int, account: AccountKind = AccountKind.DISPUTED
) -> None:
    _move(
        payment,
        dispute,
        kind,
        [
            clearing_leg(payment.gateway, dispute.currency, amount),
            Leg("tenant", payment.tenant_id, account, dispute.currency, -amount),
        ],
    )


def _move(payment: Payment, dispute: Dispute, kind: str, legs: list[Leg]) -> None:
    ledger_services.post(
        tenant_id=payment.tenant_id,
        kind=kind,
        idempotency_key=str(dispute.id),
        legs=legs,
        subject_id=payment.reference_id,
    )


def _notify(payment: Payment, dispute: Dispute, callback: Callable[[Dispute], None] | None) -> None:
    if callback is not None:
        with in_tenant(FakeTenant(schema_name=payment.schema)):
            callback(dispute)


def submit_evidence(*, dispute_id: UUID, text: str, acting_user: User) -> Dispute:
    """Answer a dispute, once: the bank reads ``text`` and decides. Must run outside any transaction.

    Raises InvalidInput for an empty or too long text, Conflict if it was answered or decided already or the
    gateway refuses, NoClearAnswer if that is out of reach.
    """
    if not text.strip() or len(text) > EVIDENCE_LIMIT:
        raise InvalidInput(
            _("an answer is needed, of at most %(longest)d characters") % {"longest": EVIDENCE_LIMIT},
            field="text",
        )
    dispute = _waiting(dispute_id)
    provider_dispute = _asked(
        lambda: gateway().submit_evidence(
            dispute.external_id,
            evidence={"uncategorized_text": text},
            key=f"dispute-evidence:{dispute.id}",
        )
    )
    return _answered(dispute, provider_dispute, "dispute.evidence", acting_user, text, evidence=text)


def accept(*, dispute_id: UUID, reason: str, acting_user: User) -> Dispute:
    """Give a dispute up: it is lost, and the order's parties give back. Must run outside any transaction.

    Raises Conflict if it was decided already or the gateway refuses, NoClearAnswer if out of reach.
    """
    dispute = _waiting(dispute_id)
    provider_dispute = _asked(
        lambda: gateway().accept_dispute(dispute.external_id, key=f"dispute-accept:{dispute.id}")
    )
    return _answered(dispute, provider_dispute, "dispute.accepted", acting_user, reason)


def _waiting(dispute_id: UUID) -> Dispute:
    dispute = Dispute.objects.filter(id=dispute_id).first()
    if dispute is None:
        raise NotFound(_("there is no such dispute"), field="dispute", value=dispute_id)
    if dispute.state != State.NEEDS_RESPONSE:
        raise Conflict(
            _("this dispute waits for no answer"), field="state", value=dispute.state, code="wrong_state"
        )
    return dispute


def _asked(call: Callable[[], ProviderDispute]) -> ProviderDispute:
    try:
        return call()
    except CallError as error:
        raise Conflict(
            _("the payment provider did not take it"), field="dispute", remedy=str(error)
        ) from error


def _answered(
    dispute: Dispute,
    provider_dispute: ProviderDispute,
    action: str,
    acting_user: User,
    reason: str,
    *,
    evidence: str = "",
) -> Dispute:
    with transaction.atomic(durable=True):
        # The payment before the dispute, as where its events are handled, which come at this moment.
        applied = apply_dispute(provider_dispute) or dispute
        if evidence:
            applied.evidence = evidence
            applied.save(update_fields=["evidence"])
        audit.record_on(dispute, action, actor=acting_user, label=dispute.external_id, reason=reason[:2000])
    return applied
