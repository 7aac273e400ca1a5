"""What a withdrawal would cost and leave: the tenant's terms, the tax, and whether it needs approval."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payouts.accounts import payees
from billing.payouts.accounts.payees import Payee
from billing.payouts.withdrawals.models import Withdrawal, WithdrawalTerms
from billing.payouts.withdrawals.tax import Withholding, Year, withhold
from kernel import audit, clock
from kernel.errors import InvalidInput, NotAllowed
from kernel.money.amounts import MAX_AMOUNT, exponent
from kernel.money.money import format_money
from kernel.texts.translated import pick

State, OwnerKind = Withdrawal.State, Withdrawal.OwnerKind
MINIMUM, FEE, APPROVAL_ABOVE, APPROVAL_MOST = 10, 0, 1_000, 10_000
"""In major units: the terms of a tenant that set none, and the most its approval limit can be."""
DAY = timedelta(hours=24)
MARGIN_RESERVE = timedelta(days=14)
"""A tenant's margin of this many last days stays, for refunds."""
TAXED_CURRENCY = "CNY"
RETURNED = "withdrawal.returned"
"""The ledger's word for a withdrawal that is back in the wallet."""


class PayingTenant(Protocol):
    """What payouts ask of a tenant."""

    id: UUID
    name: Any
    currency: str
    timezone: str


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """A tenant's terms, minor units of the currency asked for."""

    minimum: int
    fee: int
    approval_above: int
    set_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a withdrawal of ``amount`` would do. Minor units; ``missing`` is what the wallet lacks for it."""

    amount: int
    fee: int
    tax: int
    net: int
    year: int
    month: int
    available: int
    missing: int
    needs_approval: bool
    basis: Withholding | None


def terms_of(tenant_id: UUID, currency: str) -> TermsInForce:
    """Return the terms in force. They are kept without a currency: a tenant's wallets are all of one."""
    row = WithdrawalTerms.objects.filter(tenant_id=tenant_id).first()
    if row is not None:
        return TermsInForce(row.minimum, row.fee, row.approval_above, row.set_by)
    unit: int = 10 ** exponent(currency)
    return TermsInForce(MINIMUM * unit, FEE * unit, APPROVAL_ABOVE * unit)


def set_terms(
    *, tenant: PayingTenant, minimum: int, fee: int, approval_above: int, acting_user: User
) -> WithdrawalTerms:
    """Change a tenant's terms, minor units of its currency. Must run outside transactions.

    Whoever sets them needs approval for every withdrawal of their own from then on, until somebody else does.
    Raises NotAllowed, and InvalidInput where the fee eats the minimum or the limit is above the most.
    """
    if not acting_user.has_perm("payouts.add_withdrawalterms"):
        raise NotAllowed(_("your role may not set the terms"))
    if not 0 <= fee < minimum <= MAX_AMOUNT:
        raise InvalidInput(_("the minimum has to be above the fee"), field="minimum", value=minimum)
    if not 0 <= approval_above <= APPROVAL_MOST * 10 ** exponent(tenant.currency):
        raise InvalidInput(
            _("this limit is higher than the platform allows"), field="approval_above", value=approval_above
        )
    after = {"minimum": minimum, "fee": fee, "approval_above": approval_above}
    with transaction.atomic(durable=True):
        before = terms_of(tenant.id, tenant.currency)
        row, _created = WithdrawalTerms.objects.update_or_create(
            tenant_id=tenant.id, defaults={**after, "set_by": acting_user.pk, "set_at": clock.now()}
        )
        audit.record(
            "withdrawal.terms",
            actor=acting_user,
            object_type="payouts.withdrawalterms",
            object_id=tenant.id,
            changes={name: [getattr(before, name), value] for name, value in after.items()},
        )
    return row


def payee_of(tenant: PayingTenant, owner_id: UUID) -> Payee:
    """Return who is paid: a member, or the tenant itself. Raises NotFound."""
    if owner_id == tenant.id:
        return Payee(name=pick(tenant.name), email="", is_company=True, withholds_tax=False)
    return payees.payee_of(tenant.id, owner_id)


def usual_wallet(kind: str, payee: Payee) -> AccountKind:
    """Return the wallet that is meant where none is named."""
    if kind == OwnerKind.TENANT:
        return AccountKind.TENANT_MARGIN
    return AccountKind.SERVICE_FEE_PAYABLE if payee.is_company else AccountKind.COMMISSION_PAYABLE


def available(*, tenant_id: UUID, owner_id: UUID, wallet: AccountKind, currency: str) -> int:
    """Return what can be taken out of a wallet now, minor units.

    What the member owes from refunds of what was paid out already is kept back. Of a tenant's margin what the
    last days brought stays, for it may be refunded.
    """
    kind = OwnerKind.TENANT if wallet == AccountKind.TENANT_MARGIN else OwnerKind.MEMBER
    held = {
        row.kind: row
        for row in ledger_selectors.balances_of(kind, owner_id, tenant_id=tenant_id)
        if row.currency == currency
    }
    if wallet not in held:
        return 0
    amount = held[wallet].amount
    if kind == OwnerKind.TENANT:
        # A withdrawal that came back is nothing that a refund could want.
        recent = (
            Entry.objects.filter(
                account_id=held[wallet].account_id,
                amount__gt=0,
                transfer__occurred_at__gte=clock.now() - MARGIN_RESERVE,
            )
            .exclude(transfer__kind=RETURNED)
            .aggregate(amount=Sum("amount"))["amount"]
        )
        return max(amount - int(recent or 0), 0)
    owed = held.get(AccountKind.CLAWBACK_RECEIVABLE)
    return max(amount + min(owed.amount if owed else 0, 0), 0)


def quote(
    *,
    tenant: PayingTenant,
    owner_id: UUID,
    wallet: AccountKind,
    currency: str,
    amount: int,
    asked_by: UUID | None,
) -> Quote:
    """Return what taking ``amount`` (minor units) out would cost and leave, by what is known now.

    Binding only under the wallet's lock. Raises InvalidInput for what can never be: too little, too much, or
    nothing left after fee and tax.
    """
    terms = terms_of(tenant.id, currency)
    if not isinstance(amount, int) or not terms.minimum <= amount <= MAX_AMOUNT:
        raise InvalidInput(
            _("the amount is below the least that can be withdrawn, or too large"),
            field="amount",
            value=amount,
            remedy=_("take out at least %(least)s") % {"least": format_money(terms.minimum, currency)},
            minimum=terms.minimum,
        )
    payee = payee_of(tenant, owner_id)
    today = clock.now().astimezone(ZoneInfo(tenant.timezone))
    taxed = (
        wallet == AccountKind.COMMISSION_PAYABLE
        and not payee.is_company
        and payee.withholds_tax
        and currency == TAXED_CURRENCY
    )
    basis = None
    if taxed:
        year = tax_year(tenant_id=tenant.id, owner_id=owner_id, year=today.year)
        basis = withhold(year, amount=amount, month=today.month)
    withheld = basis.tax if basis else 0
    # The tenant pays no fee to itself.
    fee = 0 if wallet == AccountKind.TENANT_MARGIN else terms.fee
    net = amount - fee - withheld
    if net <= 0:
        raise InvalidInput(_("nothing would be left after fee and tax"), field="amount", value=amount)
    free = available(tenant_id=tenant.id, owner_id=owner_id, wallet=wallet, currency=currency)
    return Quote(
        amount=amount,
        fee=fee,
        tax=withheld,
        net=net,
        year=today.year,
        month=today.month,
        available=free,
        missing=max(amount - free, 0),
        needs_approval=_needs_approval(terms, tenant.id, owner_id, currency, amount, asked_by),
        basis=basis,
    )


def _needs_approval(
    terms: TermsInForce, tenant_id: UUID, owner_id: UUID, currency: str, amount: int, asked_by: UUID | None
) -> bool:
    # Many small ones are one large one, and nobody profits from a limit they set themselves.
    of_today = (
        Withdrawal.objects.filter(
            tenant_id=tenant_id,
            owner_id=owner_id,
            currency=currency,
            requested_at__gte=clock.now() - DAY,
        )
        .exclude(state__in=[State.FAILED, State.REFUSED])
        .aggregate(amount=Sum("amount"))["amount"]
    )
    if asked_by is not None and asked_by == terms.set_by:
        return True
    return amount + int(of_today or 0) > terms.approval_above


def tax_year(*, tenant_id: UUID, owner_id: UUID, year: int) -> Year:
    """Return what a tenant has paid a person of taxed commission in a calendar year, and withheld. Fen.

    What came back into the wallet was not paid.
    """
    rows = list(
        Withdrawal.objects.filter(
            tenant_id=tenant_id,
            owner_id=owner_id,
            wallet=AccountKind.COMMISSION_PAYABLE,
            currency=TAXED_CURRENCY,
            tax_year=year,
        )
        .exclude(state__in=[State.FAILED, State.REFUSED])
        .exclude(tax_basis={})
        .values_list("amount", "tax", "tax_month")
    )
    return Year(
        income=sum(amount for amount, _tax, _month in rows),
        withheld=sum(withheld for _amount, withheld, _month in rows),
        months=frozenset(month for _amount, _tax, month in rows),
    )
