"""Withdrawals: out of a wallet, less fee and tax, to the payee's account. Once, or back into the wallet.

Asking takes the whole amount off the wallet in the same transaction, so it can be spent once only: the ledger
refuses what is not there. Above a limit somebody else lets it go. Then a payout (``services``) sends it.
What cannot be sent, or is refused, comes back whole: amount, fee and tax.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payouts.accounts import payees
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.transfers.models import Payout
from billing.payouts.withdrawals import invoices, selectors, ties
from billing.payouts.withdrawals.models import Withdrawal
from billing.payouts.withdrawals.selectors import PayingTenant
from kernel import audit, clock
from kernel.database.unit_of_work import lock_name
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed, NotFound
from kernel.events import outbox
from kernel.ids import new_id
from kernel.money.money import format_money

logger = logging.getLogger(__name__)
State, OwnerKind = Withdrawal.State, Withdrawal.OwnerKind
MAY_ASK = "payouts.add_withdrawal"
MAY_DECIDE = "payouts.change_withdrawal"


@dataclass(frozen=True, slots=True)
class WithdrawalRequest:
    """What somebody asks for. ``amount`` leaves the wallet; minor units."""

    tenant: PayingTenant
    owner_kind: Withdrawal.OwnerKind
    owner_id: UUID
    wallet: AccountKind
    currency: str
    amount: int
    invoice_number: str = ""
    invoice: invoices.Paper | None = None


def request(
    *,
    tenant: PayingTenant,
    owner_id: UUID,
    currency: str,
    amount: int,
    acting_user: User,
    idempotency_key: str,
    wallet: AccountKind | None = None,
    invoice_number: str = "",
    invoice: invoices.Paper | None = None,
) -> Withdrawal:
    """Take ``amount`` (minor units) out of a wallet of ``owner_id``: a member, or the tenant itself.

    Members ask for themselves, for the tenant those whose role may. A company names the invoice it wrote, and
    may send its file (``invoices.checked``). The same key again returns the first withdrawal. Must run in the
    tenant's schema, outside transactions.

    Raises InsufficientBalance; InvalidInput for an amount below the minimum or a missing or used invoice;
    NotAllowed; Conflict without an able payout account, while payouts are halted, or for a key used for
    something else.
    """
    kind = OwnerKind.TENANT if owner_id == tenant.id else OwnerKind.MEMBER
    _require_may_ask(kind, owner_id, acting_user)
    payee = selectors.payee_of(tenant, owner_id)
    if wallet is None:
        wallet = selectors.usual_wallet(kind, payee)
    # What a person could never have typed the database would refuse with an error of its own.
    idempotency_key, invoice_number = (
        text.replace("\0", "").strip() for text in (idempotency_key[:80], invoice_number[:60])
    )
    details = WithdrawalRequest(tenant, kind, owner_id, wallet, currency, amount, invoice_number, invoice)
    with transaction.atomic(durable=True):
        lock_name(f"wallet {tenant.id} {owner_id}")
        earlier = Withdrawal.objects.filter(
            tenant_id=tenant.id, owner_id=owner_id, idempotency_key=idempotency_key
        ).first()
        if earlier is not None:
            return _require_same(earlier, details)
        return _take(details, payee, acting_user, idempotency_key)


def _require_may_ask(kind: Withdrawal.OwnerKind, owner_id: UUID, user: User) -> None:
    allowed = user.has_perm(MAY_ASK) if kind == OwnerKind.TENANT else user.pk == owner_id and user.is_active
    if not allowed:
        raise NotAllowed(_("this is not your wallet"))


def _require_same(earlier: Withdrawal, details: WithdrawalRequest) -> Withdrawal:
    same_invoice = earlier.invoice_number in {"", details.invoice_number}
    same = (earlier.amount, earlier.currency, earlier.wallet) == (
        details.amount,
        details.currency,
        details.wallet,
    )
    if not (same and same_invoice):
        raise Conflict(
            _("this key was already used for another withdrawal"),
            field="idempotency_key",
            code="idempotency_conflict",
        )
    return earlier


def _take(details: WithdrawalRequest, payee: payees.Payee, user: User, key: str) -> Withdrawal:
    tenant = details.tenant
    halt_selectors.require_none(tenant.id)
    account = payout_account_services.require_able(details.owner_kind, details.owner_id, tenant.id)
    quote = selectors.quote(
        tenant=tenant,
        owner_id=details.owner_id,
        wallet=details.wallet,
        currency=details.currency,
        amount=details.amount,
        asked_by=user.pk,
    )
    if quote.missing:
        raise InsufficientBalance(
            _("the wallet does not hold that much"),
            field="amount",
            value=details.amount,
            remedy=_("take out at most %(most)s") % {"most": format_money(quote.available, details.currency)},
            missing=quote.missing,
        )
    _require_invoice(details, payee)
    withdrawal = Withdrawal(
        id=new_id(),
        tenant_id=tenant.id,
        owner_kind=details.owner_kind,
        owner_id=details.owner_id,
        payee=payee.name[:200],
        wallet=details.wallet,
        currency=details.currency,
        amount=quote.amount,
        fee=quote.fee,
        tax=quote.tax,
        net=quote.net,
        tax_year=quote.year,
        tax_month=quote.month,
        tax_basis=quote.basis.as_dict() if quote.basis else {},
        invoice_number=details.invoice_number if payee.is_company else "",
        tie=_tie(details, user, needs_approval=quote.needs_approval),
        state=State.AWAITING_APPROVAL if quote.needs_approval else State.REQUESTED,
        needs_approval=quote.needs_approval,
        idempotency_key=key,
        requested_by=user.pk,
    )
    if details.invoice is not None and payee.is_company and details.owner_kind == OwnerKind.MEMBER:
        invoices.attach(withdrawal, details.invoice)
    withdrawal.save(force_insert=True)
    _post(withdrawal, "withdrawal.requested", 1)
    _audit(withdrawal, "withdrawal.requested", user)
    if not quote.needs_approval:
        _hand_over(withdrawal, account)
    _emit(withdrawal)
    return withdrawal


def _tie(details: WithdrawalRequest, user: User, *, needs_approval: bool) -> str:
    if details.owner_kind == OwnerKind.MEMBER and not needs_approval:
        return ""
    return ties.tie_of(
        tenant_id=details.tenant.id,
        owner_kind=details.owner_kind,
        owner_id=details.owner_id,
        asked_by=user.pk,
    )


def _require_invoice(details: WithdrawalRequest, payee: payees.Payee) -> None:
    if not payee.is_company or details.owner_kind == OwnerKind.TENANT:
        return
    if not details.invoice_number:
        raise InvalidInput(
            _("a company is paid against its invoice"),
            field="invoice_number",
            remedy=_("write the number of the invoice over this amount"),
        )
    used = Withdrawal.objects.filter(
        tenant_id=details.tenant.id, owner_id=details.owner_id, invoice_number=details.invoice_number
    ).exclude(state__in=[State.FAILED, State.REFUSED])
    if used.exists():
        raise InvalidInput(
            _("this invoice was paid already"), field="invoice_number", value=details.invoice_number
        )


def approve(*, withdrawal_id: UUID, acting_user: User, tenant_id: UUID | None) -> Withdrawal:
    """Let a withdrawal above the limit go. ``tenant_id`` is the approver's tenant, None for the central team.

    Neither whoever asked nor whoever gets it may, wherever they sign in, nor anybody to whom one of
    them gave a role; where a ``tie`` leads to the shop's team only the central team may. The database refuses
    it too. Again, by anybody: nothing changes. Must run outside transactions. Raises NotFound, NotAllowed,
    Conflict.
    """
    with transaction.atomic(durable=True):
        withdrawal = _to_decide(withdrawal_id, acting_user, tenant_id)
        if withdrawal.state == State.REFUSED:
            raise Conflict(_("this withdrawal was refused already"), code="already_decided")
        if withdrawal.state != State.AWAITING_APPROVAL:
            return withdrawal
        if withdrawal.tie and not ties.of_central_team(acting_user):
            raise NotAllowed(
                _("only the central team may approve this: %(why)s") % {"why": withdrawal.get_tie_display()},
                remedy=_("wait for the central team; it sees it on its page"),
                code="four_eyes",
            )
        account = payout_account_services.require_able(
            withdrawal.owner_kind, withdrawal.owner_id, withdrawal.tenant_id
        )
        _decide(withdrawal, State.REQUESTED, acting_user, "")
        _hand_over(withdrawal, account)
        _audit(withdrawal, "withdrawal.approved", acting_user)
    return withdrawal


def refuse(*, withdrawal_id: UUID, acting_user: User, tenant_id: UUID | None, reason: str) -> Withdrawal:
    """Say no to a withdrawal that waits for approval; all of it goes back into the wallet.

    Rules and errors as for ``approve``; InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput(_("say why"), field="reason")
    with transaction.atomic(durable=True):
        withdrawal = _to_decide(withdrawal_id, acting_user, tenant_id)
        if withdrawal.state == State.REFUSED:
            return withdrawal
        if withdrawal.state != State.AWAITING_APPROVAL:
            raise Conflict(_("this withdrawal is on its way already"), code="already_decided")
        _decide(withdrawal, State.REFUSED, acting_user, reason)
        _post(withdrawal, selectors.RETURNED, -1)
        _audit(withdrawal, "withdrawal.refused", acting_user, reason)
        _emit(withdrawal)
    return withdrawal


def _to_decide(withdrawal_id: UUID, user: User, tenant_id: UUID | None) -> Withdrawal:
    if not user.has_perm(MAY_DECIDE):
        raise NotAllowed(_("your role may not decide about withdrawals"))
    rows = Withdrawal.objects.select_for_update().filter(id=withdrawal_id)
    withdrawal = rows.filter(tenant_id=tenant_id).first() if tenant_id else rows.first()
    if withdrawal is None:
        raise NotFound(_("there is no such withdrawal"))
    if user.pk in {withdrawal.requested_by, withdrawal.owner_id} or user.email.lower() in _addresses(
        withdrawal
    ):
        raise NotAllowed(
            _("nobody decides about their own money"),
            remedy=_("ask somebody else of the team"),
            code="four_eyes",
        )
    if ties.appointed(user.pk, {withdrawal.requested_by, withdrawal.owner_id}):
        raise NotAllowed(
            _("nobody decides about the money of whoever gave them their role"),
            remedy=_("ask somebody else of the team"),
            code="four_eyes",
        )
    return withdrawal


def _addresses(withdrawal: Withdrawal) -> set[str]:
    """Return the e-mail addresses of who asked and who gets it: one person may sign in at several places."""
    ids = {withdrawal.requested_by} | (
        {withdrawal.owner_id} if withdrawal.owner_kind == OwnerKind.MEMBER else set()
    )
    addresses = set()
    for person_id in ids:
        try:
            addresses.add(payees.payee_of(withdrawal.tenant_id, person_id).email.lower())
        except NotFound:
            logger.warning("somebody behind a withdrawal is gone", extra={"withdrawal": str(withdrawal.id)})
    return addresses


def _decide(withdrawal: Withdrawal, state: Withdrawal.State, user: User, reason: str) -> None:
    withdrawal.state, withdrawal.decided_by, withdrawal.decided_at = state, user.pk, clock.now()
    withdrawal.decided_by_label, withdrawal.reason = str(user)[:200], reason.strip()[:500]
    if state == State.REFUSED:
        withdrawal.finished_at = clock.now()
    withdrawal.save(
        update_fields=["state", "decided_by", "decided_at", "decided_by_label", "reason", "finished_at"]
    )


def _hand_over(withdrawal: Withdrawal, account: PayoutAccount) -> None:
    Payout.objects.create(
        withdrawal=withdrawal,
        destination=account.external_id or "",
        currency=withdrawal.currency,
        gross=withdrawal.net,
        amount=withdrawal.net,
    )
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    current_app.send_task("billing.payouts.tasks.pay_due", ignore_result=True, retry=False)


def follow(payout: Payout) -> None:
    """Bring a withdrawal to where its payout is. Must run inside a transaction; a paid one stays paid."""
    assert payout.withdrawal_id
    withdrawal = Withdrawal.objects.select_for_update().get(id=payout.withdrawal_id)
    if withdrawal.state in Withdrawal.FINAL:
        return
    if payout.state == Payout.State.PAID:
        withdrawal.state, withdrawal.finished_at = State.PAID, clock.now()
    elif payout.state == Payout.State.SENT:
        withdrawal.state = State.SENT
    withdrawal.save(update_fields=["state", "finished_at"])
    _emit(withdrawal)


def mark_failed(payout: Payout) -> None:
    """The payment service did not take it: back into the wallet. Must run inside a transaction; once."""
    assert payout.withdrawal_id
    withdrawal = Withdrawal.objects.select_for_update().get(id=payout.withdrawal_id)
    if withdrawal.state in Withdrawal.FINAL:
        return
    withdrawal.state, withdrawal.finished_at = State.FAILED, clock.now()
    withdrawal.reason = payout.last_error[:500]
    withdrawal.save(update_fields=["state", "finished_at", "reason"])
    _post(withdrawal, selectors.RETURNED, -1)
    _emit(withdrawal)


def _post(withdrawal: Withdrawal, kind: str, sign: int) -> None:
    """Book a withdrawal out of the wallet (``sign`` 1) or back into it (-1)."""
    own = (withdrawal.owner_kind, withdrawal.owner_id)
    margin = ("tenant", withdrawal.tenant_id)
    parts = [
        (*own, AccountKind(withdrawal.wallet), -withdrawal.amount),
        (*own, AccountKind.WITHDRAWAL_IN_FLIGHT, withdrawal.net),
        (*own, AccountKind.TAX_WITHHELD, withdrawal.tax),
        (*margin, AccountKind.TENANT_MARGIN, withdrawal.fee),
    ]
    ledger_services.post(
        tenant_id=withdrawal.tenant_id,
        kind=kind,
        idempotency_key=str(withdrawal.id),
        legs=[
            Leg(owner_kind, owner_id, account, withdrawal.currency, sign * amount)
            for owner_kind, owner_id, account, amount in parts
            if amount
        ],
        subject_id=withdrawal.id,
    )


def _emit(withdrawal: Withdrawal) -> None:
    outbox.emit(
        f"withdrawal.{withdrawal.state}",
        {
            "withdrawal_id": str(withdrawal.id),
            "tenant_id": str(withdrawal.tenant_id),
            "owner_id": str(withdrawal.owner_id),
            "amount": withdrawal.amount,
            "currency": withdrawal.currency,
        },
    )


def _audit(withdrawal: Withdrawal, action: str, user: User, reason: str = "") -> None:
    audit.record_on(
        withdrawal,
        action,
        actor=user,
        changes={
            "amount": withdrawal.amount,
            "fee": withdrawal.fee,
            "tax": withdrawal.tax,
            "net": withdrawal.net,
            "currency": withdrawal.currency,
            "tenant": str(withdrawal.tenant_id),
            "tie": withdrawal.tie,
        },
        reason=reason,
    )
