"""The deposit that makes a member: held, and returned by rule and on request. Never income, never goods."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payments.disputes import services as dispute_services
from billing.payments.models import Dispute, Payment, Refund
from billing.payments.payments import services as payment_services
from billing.payments.purposes import PaidTooLate
from billing.payments.refunds import services as payment_refund_services
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money.amounts import exponent
from tenants.agents.members.models import Member
from tenants.agents.roles import selectors as role_selectors
from tenants.agents.roles import services as role_services
from tenants.agents.rules.document.compiling import minor_units
from tenants.agents.rules.document.parsing import Rules, conditions
from tenants.agents.rules.document.schema import Deposit
from tenants.agents.rules.people.progress import reason
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.selectors import current_tenant

PURPOSE = "deposit"
GRANTED = {"zh-hans": "已交押金", "en": "the deposit was paid"}
State = Member.DepositState
PAYABLE = frozenset({State.NONE, State.OPEN, State.RETURNED})


def open_deposit(*, user: User) -> Payment:
    """Let the member pay the deposit that the rules ask; again: the same open payment.

    Start it afterwards with ``billing.payments.payments.services.start``. Raises Conflict where the rules ask
    none, or one is held.
    """
    _version, active = rules_version_selectors.active_rules()
    deposit = _deposit_asked(active)
    with transaction.atomic(durable=True):
        member = Member.objects.select_for_update().get(pk=user.pk)
        if member.deposit_state not in PAYABLE:
            raise Conflict(_("there is a deposit already"), field="deposit", code="deposit_held")
        tenant = current_tenant()
        amount = minor_units(deposit.amount, exponent(active.document.currency))
        if member.deposit_state != State.OPEN or member.deposit_amount != amount:
            # Every deposit has an id of its own: its payment is another one than that of an earlier deposit.
            member.deposit_id, member.deposit_state, member.deposit_amount = new_id(), State.OPEN, amount
        assert member.deposit_id is not None
        payment = payment_services.open_payment(
            tenant=tenant,
            purpose=PURPOSE,
            reference_id=member.deposit_id,
            amount=amount,
            currency=active.document.currency,
            description=_("Deposit"),
        )
        member.deposit_payment_id = payment.id
        member.save(update_fields=["deposit_id", "deposit_state", "deposit_amount", "deposit_payment_id"])
    return payment


def _deposit_asked(active: Rules) -> Deposit:
    deposit = active.document.join.deposit
    if deposit is None:
        raise Conflict(_("this shop asks no deposit"), field="deposit", code="no_deposit")
    return deposit


@joins_transaction
def mark_paid(payment: Payment) -> None:
    """The deposit's money came: it is held and the member's roles begin.

    In the caller's transaction, once or more. Raises PaidTooLate for the money of a deposit that was
    given up; it goes back by itself.
    """
    member = Member.objects.select_for_update().filter(deposit_id=payment.reference_id).first()
    if member is None or member.deposit_payment_id != payment.id:
        raise PaidTooLate(str(payment.id))
    if member.deposit_state != State.OPEN:
        return
    _post("deposit.paid", str(payment.id), payment, member, payment.amount)
    member.deposit_state = State.HELD
    member.save(update_fields=["deposit_state"])
    for role in rules_version_selectors.active_rules()[1].document.join.grants:
        role_services.add_role(member=member, role=role, why=GRANTED)


def return_on_request(*, user: User) -> Refund:
    """Give the deposit back because the member asks; what joining granted ends with it.

    Again: the same refund. Calls the gateway after its own transaction. Raises Conflict where no deposit is
    held.
    """
    with transaction.atomic(durable=True):
        # The payment before the member, as where its events are handled.
        Payment.objects.select_for_update().filter(purpose=PURPOSE, id__in=_payment_of(user)).first()
        member = Member.objects.select_for_update().get(pk=user.pk)
        if member.deposit_state not in {State.HELD, State.RETURNING}:
            raise Conflict(_("there is no deposit"), field="deposit", code="no_deposit")
        if member.deposit_state == State.HELD:
            for role in rules_version_selectors.active_rules()[1].document.join.grants:
                role_services.remove_role(member=member, role=role)
        refund = _give_back(member, reason="on request", actor=user)
    return payment_refund_services.send_refund(refund_id=refund.id)


@joins_transaction
def return_if_reached(*, member: Member, rules: Rules) -> bool:
    """Give the deposit back when the rules' condition is reached; the member stays one.

    True if that happened now. The money is sent by the sweeper of refunds.
    """
    if member.deposit_state != State.HELD:
        return False
    deposit = rules.document.join.deposit
    if deposit is None or deposit.returned_when is None:
        return False
    leaves = [leaf for _place, leaf in conditions(deposit.returned_when, ())]
    fact = reason(deposit.returned_when, role_selectors.facts_of(member, leaves), rules)
    if fact is None:
        return False
    # The payment before the member here too, or this and ``return_on_request`` wait for each other.
    assert member.deposit_payment_id is not None
    payment = Payment.objects.select_for_update().get(id=member.deposit_payment_id)
    member.refresh_from_db(from_queryset=Member.objects.select_for_update())
    # While the bank asks for it there is nothing to give back, and a sale must not fail for that.
    if member.deposit_state != State.HELD or payment.amount - payment.refunded < member.deposit_amount:
        return False
    _give_back(member, reason=fact["en"], actor="rules")
    return True


@joins_transaction
def mark_refunded(refund: Refund) -> None:
    """The deposit's money went back. Once or more, in the caller's transaction."""
    payment = refund.payment
    member = Member.objects.select_for_update().filter(deposit_id=payment.reference_id).first()
    if member is None or member.deposit_state != State.RETURNING:
        return
    _post("deposit.returned", str(refund.id), payment, member, -refund.amount)
    member.deposit_state = State.RETURNED
    member.save(update_fields=["deposit_state"])


@joins_transaction
def mark_lost(dispute: Dispute) -> None:
    """The bank took the deposit back for good: it is held no longer, and what joining granted ends.

    In the caller's transaction, once. What is no longer held, since it went back before, the shop bears.
    """
    payment = dispute.payment
    source = Leg("tenant", payment.tenant_id, AccountKind.DISPUTED, dispute.currency, dispute.withdrawn)
    returned = _end(payment, source, kind="deposit.dispute_lost", key=str(dispute.id))
    if dispute.withdrawn > returned:
        dispute_services.bear(dispute, dispute.withdrawn - returned)


@joins_transaction
def mark_foreign_refund(refund: Refund) -> None:
    """The deposit went back on the provider's own pages: as for one that a bank took."""
    source = payment_refund_services.foreign_leg(refund, refund.amount)
    returned = _end(refund.payment, source, kind="deposit.foreign_refund", key=str(refund.id))
    if refund.amount > returned:
        payment_refund_services.bear(refund, refund.amount - returned)


def _end(payment: Payment, source: Leg, *, kind: str, key: str) -> int:
    """Take what ``source`` names off a deposit, as far as it is held; return how much, minor units."""
    member = Member.objects.select_for_update().filter(deposit_id=payment.reference_id).first()
    held = member and ledger_selectors.balance(
        owner_kind="member",
        owner_id=member.pk,
        kind=AccountKind.DEPOSIT_LIABILITY,
        currency=payment.currency,
        tenant_id=payment.tenant_id,
    )
    returned = min(held or 0, source.amount)
    if member is None or not returned:
        return 0
    ledger_services.post(
        tenant_id=payment.tenant_id,
        kind=kind,
        idempotency_key=key,
        legs=[
            source._replace(amount=returned),
            Leg("member", member.pk, AccountKind.DEPOSIT_LIABILITY, payment.currency, -returned),
        ],
        subject_id=payment.id,
    )
    if returned < member.deposit_amount:
        member.deposit_amount -= returned
        member.save(update_fields=["deposit_amount"])
        return returned
    member.deposit_state = State.RETURNED
    member.save(update_fields=["deposit_state"])
    for role in rules_version_selectors.active_rules()[1].document.join.grants:
        role_services.remove_role(member=member, role=role)
    return returned


def _payment_of(user: User) -> list[UUID]:
    payment_ids = Member.objects.filter(pk=user.pk).values_list("deposit_payment_id", flat=True)
    return [payment_id for payment_id in payment_ids if payment_id]


def _give_back(member: Member, *, reason: str, actor: User | str) -> Refund:
    assert member.deposit_payment_id is not None
    refund = payment_refund_services.request_refund(
        payment_id=member.deposit_payment_id,
        amount=member.deposit_amount,
        reason=reason,
        acting_user=actor,
        idempotency_key=str(member.deposit_id),
    )
    member.deposit_state = State.RETURNING
    member.save(update_fields=["deposit_state"])
    return refund


def _post(kind: str, key: str, payment: Payment, member: Member, amount: int) -> None:
    ledger_services.post(
        tenant_id=payment.tenant_id,
        kind=kind,
        idempotency_key=key,
        legs=[
            clearing_leg(payment.gateway, payment.currency, -amount),
            Leg("member", member.pk, AccountKind.DEPOSIT_LIABILITY, payment.currency, amount),
        ],
        subject_id=payment.id,
    )
