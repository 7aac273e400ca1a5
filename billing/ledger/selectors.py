"""Reading the ledger. Amounts are minor units; positive is owed to the account's owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from billing.ledger.models import Account, AccountKind, Entry, Transfer

# Balance row where there is one; else the checkpoint and what came after it.
AMOUNT = """
SELECT account.id, account.tenant_id, account.kind, account.currency, coalesce(
    balance.amount,
    coalesce(checkpoint.amount, 0) + coalesce((
        SELECT sum(entry.amount) FROM public.ledger_entry entry
        WHERE entry.account_id = account.id
          AND entry.transfer_id >= coalesce(checkpoint.upto, '00000000-0000-0000-0000-000000000000')
    ), 0)
)::bigint
FROM public.ledger_account account
LEFT JOIN public.ledger_balance balance ON balance.account_id = account.id
LEFT JOIN public.ledger_checkpoint checkpoint ON checkpoint.account_id = account.id
WHERE account.owner_kind = %s AND account.owner_id = %s
"""


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What is on one account."""

    account_id: UUID
    tenant_id: UUID
    kind: AccountKind
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What one account received (positive) or gave (negative), net, for one subject."""

    owner_kind: str
    owner_id: UUID
    kind: AccountKind
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One entry of an account, with the transfer it belongs to."""

    transfer_id: UUID
    kind: str
    subject_id: UUID | None
    occurred_at: datetime
    amount: int


def balances_of(owner_kind: str, owner_id: UUID, *, tenant_id: UUID | None = None) -> list[AccountBalance]:
    """Return every account of an owner, of one tenant or of all, by kind and currency."""
    query, values = AMOUNT, [owner_kind, str(owner_id)]
    if tenant_id is not None:
        query, values = f"{query} AND account.tenant_id = %s", [*values, str(tenant_id)]
    with connection.cursor() as cursor:
        cursor.execute(f"{query} ORDER BY account.kind, account.currency", values)
        return [
            AccountBalance(account_id, tenant, AccountKind(kind), currency, amount)
            for account_id, tenant, kind, currency, amount in cursor.fetchall()
        ]


def balance(
    *, owner_kind: str, owner_id: UUID, kind: AccountKind, currency: str, tenant_id: UUID | None = None
) -> int:
    """Return what is on the account, 0 if it was never used; without ``tenant_id`` the sum over tenants."""
    return sum(
        row.amount
        for row in balances_of(owner_kind, owner_id, tenant_id=tenant_id)
        if row.kind == kind and row.currency == currency
    )


def sum_by_currency() -> dict[str, int]:
    """Return the sum of all entries in each currency: zero, or something is badly wrong."""
    rows = Entry.objects.values_list("currency").annotate(total=Sum("amount")).order_by("currency")
    return {currency: int(total) for currency, total in rows}


def counts() -> dict[str, int]:
    """Return how many accounts, transfers and entries there are."""
    return {
        "accounts": Account.objects.count(),
        "transfers": Transfer.objects.count(),
        "entries": Entry.objects.count(),
    }


def flows(subject_id: UUID, kind: str | None = None) -> list[Flow]:
    """Return the net of each account over the transfers about ``subject_id``, of one transfer kind or all.

    Debits first, then credits, each by size; accounts whose net is zero are left out.
    """
    entries = Entry.objects.filter(transfer__subject_id=subject_id)
    if kind is not None:
        entries = entries.filter(transfer__kind=kind)
    rows = entries.values_list(
        "account__owner_kind", "account__owner_id", "account__kind", "currency"
    ).annotate(total=Sum("amount"))
    transfers = [
        Flow(owner_kind, owner_id, AccountKind(account), currency, int(total))
        for owner_kind, owner_id, account, currency, total in rows
        if total
    ]
    return sorted(
        transfers, key=lambda flow: (flow.amount > 0, -abs(flow.amount), flow.kind, str(flow.owner_id))
    )


def account_statement(
    account_id: UUID, *, limit: int = 100, before: UUID | None = None
) -> list[StatementRow]:
    """Return entries of an account, newest first; ``before`` is the last transfer of the page before."""
    entries = (
        Entry.objects.filter(account_id=account_id).select_related("transfer").order_by("-transfer_id", "seq")
    )
    if before is not None:
        entries = entries.filter(transfer_id__lt=before)
    return [
        StatementRow(
            entry.transfer_id,
            entry.transfer.kind,
            entry.transfer.subject_id,
            entry.transfer.occurred_at,
            entry.amount,
        )
        for entry in entries[:limit]
    ]


def transfer_of(*, tenant_id: UUID, kind: str, idempotency_key: str) -> Transfer | None:
    """Return the transfer posted under this key, if there is one."""
    return Transfer.objects.filter(tenant_id=tenant_id, kind=kind, idempotency_key=idempotency_key).first()


def trial_balance() -> Mapping[tuple[str, str], int]:
    """Return (account kind, currency) -> sum over all owners: the balance sheet in one table."""
    rows = (
        Entry.objects.values_list("account__kind", "currency")
        .annotate(total=Sum("amount"))
        .order_by("account__kind")
    )
    return {(kind, currency): int(total) for kind, currency, total in rows}
