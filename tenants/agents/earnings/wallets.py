"""A member's wallet: what each earning is by now and why, and what can be taken out. Reads only."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payouts.accounts import payees
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import BankPayout, PayoutAccount, Withdrawal
from billing.payouts.withdrawal_terms import selectors as withdrawal_term_selectors
from billing.payouts.withdrawals import selectors as withdrawal_selectors
from kernel import clock
from tenants.agents.earnings import selectors
from tenants.agents.earnings.models import Earning
from tenants.agents.earnings.postings import WALLETS
from tenants.agents.earnings.selectors import MemberEarning
from tenants.agents.members.models import Member
from tenants.registry.models import Tenant

WITHDRAWN = "withdrawn"
UNDER_REVIEW = "under_review"
"""States a member is shown beside those of an earning: taken out already; under review."""


@dataclass(frozen=True, slots=True)
class Purse:
    """One kind of money that can be taken out. Minor units."""

    kind: AccountKind
    available: int


@dataclass(frozen=True, slots=True)
class Wallet:
    """A member's money in one shop. Minor units of ``currency``.

    ``withdrawn`` has arrived in the bank, ``on_its_way`` has left for it. ``owed`` is what refunds
    took back of money that was withdrawn already; it is set off. ``tax`` was withheld this year.
    """

    currency: str
    pending: int
    holding: int
    available: int
    on_its_way: int
    owed: int
    tax: int
    withdrawn: int
    purses: list[Purse]
    is_company: bool
    terms: withdrawal_term_selectors.TermsInForce
    account: PayoutAccount | None
    withdrawals: list[Withdrawal]
    earnings: list[MemberEarning]


def wallet_of(user: User, tenant: Tenant, limit: int = 100) -> Wallet:
    """Return somebody's wallet in this shop with at most ``limit`` earnings and withdrawals, newest first."""
    currency = str(tenant.currency)
    payee = payees.payee_of(tenant.id, user.pk)
    held = {
        row.kind: row.amount
        for row in ledger_selectors.balances_of("member", user.pk, tenant_id=tenant.id)
        if row.currency == currency
    }
    purses = [
        Purse(
            kind,
            withdrawal_selectors.available(
                tenant_id=tenant.id, owner_id=user.pk, wallet=kind, currency=currency
            ),
        )
        for kind in (AccountKind.COMMISSION_PAYABLE, AccountKind.SERVICE_FEE_PAYABLE)
        if kind in held or kind == withdrawal_selectors.usual_wallet("member", payee)
    ]
    withdrawals = Withdrawal.objects.filter(tenant_id=tenant.id, owner_id=user.pk, currency=currency)
    today = clock.today(tenant.zone)
    sums = Earning.objects.filter(payee_id=user.pk).aggregate(
        pending=Sum(F("amount") - F("clawed_back"), filter=Q(state=Earning.State.PENDING)),
        holding=Sum(F("amount") - F("clawed_back"), filter=Q(state=Earning.State.HOLDING)),
    )
    in_bank = Sum("net", filter=Q(payout__bank_payout__state=BankPayout.State.PAID), default=0)
    paid_out = withdrawals.filter(state=Withdrawal.State.PAID)
    outcome = paid_out.aggregate(sent=Sum("net", default=0), arrived=in_bank)
    sent, arrived = int(outcome["sent"]), int(outcome["arrived"])
    return Wallet(
        currency=currency,
        pending=int(sums["pending"] or 0),
        holding=int(sums["holding"] or 0),
        available=sum(purse.available for purse in purses),
        on_its_way=held.get(AccountKind.WITHDRAWAL_IN_FLIGHT, 0) + sent - arrived,
        owed=max(-held.get(AccountKind.CLAWBACK_RECEIVABLE, 0), 0),
        tax=withdrawal_selectors.tax_year(tenant_id=tenant.id, owner_id=user.pk, year=today.year).withheld,
        withdrawn=arrived,
        purses=purses,
        is_company=payee.is_company,
        terms=withdrawal_term_selectors.terms_of(tenant.id, currency),
        account=payout_account_services.account_of("member", user.pk, tenant.id),
        withdrawals=list(withdrawals.select_related("payout__bank_payout").order_by("-id")[:limit]),
        earnings=_earnings_of(user.pk, withdrawals.exclude(state__in=["failed", "refused"]), limit),
    )


def _earnings_of(member_id: UUID, withdrawals: QuerySet[Withdrawal], limit: int) -> list[MemberEarning]:
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        return []
    withdrawn_ids = _withdrawn_ids(member, withdrawals)
    earnings = Earning.objects.filter(payee=member).select_related("sale").order_by("-id")[:limit]
    return [selectors.member_earning(earning, _state(earning, withdrawn_ids)) for earning in earnings]


def _state(earning: Earning, withdrawn_ids: set[UUID]) -> str:
    if earning.id in withdrawn_ids:
        return WITHDRAWN
    return UNDER_REVIEW if earning.review_reasons else earning.state


def _withdrawn_ids(member: Member, withdrawals: QuerySet[Withdrawal]) -> set[UUID]:
    """Return the payable earnings that withdrawals have used up: a wallet is emptied oldest first."""
    withdrawn_ids: set[UUID] = set()
    for kind, wallet in WALLETS.items():
        rest = withdrawals.filter(wallet=wallet).aggregate(amount=Sum("amount"))["amount"] or 0
        payable = Earning.objects.filter(payee=member, kind=kind, state=Earning.State.PAYABLE)
        for earning_id, left in payable.order_by("released_at", "id").values_list(
            "id", F("amount") - F("clawed_back")
        ):
            if left > rest:
                break
            rest -= left
            withdrawn_ids.add(earning_id)
    return withdrawn_ids
