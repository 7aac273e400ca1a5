"""What must hold of the ledger whatever happened, asked of the database itself."""

from uuid import UUID

from django.db import connection

DRIFT = """
SELECT account.id, balance.amount, coalesce(sum(entry.amount), 0)::bigint
FROM public.ledger_account account
LEFT JOIN public.ledger_balance balance ON balance.account_id = account.id
LEFT JOIN public.ledger_entry entry ON entry.account_id = account.id
WHERE NOT account.may_go_negative
GROUP BY account.id, balance.account_id
HAVING balance.amount IS DISTINCT FROM coalesce(sum(entry.amount), 0)::bigint
"""


def drift() -> list[tuple[UUID, int | None, int]]:
    """Return (account, balance row, sum of entries) wherever the two differ: an empty list, always."""
    with connection.cursor() as cursor:
        cursor.execute(DRIFT)
        return list(cursor.fetchall())
