"""What a withdrawal would cost and leave: the tenant's terms, the tax, and whether it needs approval."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payouts.accounts import payees
from billing.payouts.accounts.payees import Payee
from billing.payouts.withdrawal_terms.selectors import TermsInForce, terms_of
from billing.payouts.withdrawals.models import Withdrawal
from billing.payouts.withdrawals.tax import Withholding, Year, withhold
from kernel import clock
from kernel.errors import InvalidInput
from kernel.money.amounts import MAX_AMOUNT
from kernel.money.money import format_money
from kernel.texts.translated import pick

State, OwnerKind = Withdrawal.State, Withdrawal.OwnerKind
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
    today = clock.today(ZoneInfo(tenant.timezone))
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
