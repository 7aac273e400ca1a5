"""What must hold between the tenants' schemas and the one ledger: orders, and everybody's earnings.

Set-based over tenants: one statement for each batch of schemas, whatever the number of orders.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import batched
from uuid import UUID

from django.db import connection
from psycopg import sql

from billing.watch import checks
from billing.watch.checks import Check, Difference

SCHEMAS = 100
"""Tenants in one statement."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)

# A retired tenant's people still have their money; one that is being made has no schema yet.
KNOWN = """
SELECT id, schema_name FROM public.registry_tenant
WHERE to_regclass(format('%I.shop_order', schema_name)) IS NOT NULL ORDER BY id
"""
# Paid orders, each with its own amount, from the provider or from the tenant's balance.
ORDERS = """
SELECT {tenant} AS tenant_id, paid.id AS subject, paid.number, paid.total, paid.currency
FROM {schema}.shop_order paid
WHERE paid.paid_at >= {since} AND paid.total > 0 AND NOT EXISTS (
    SELECT FROM public.ledger_transfer transfer
    JOIN public.ledger_entry entry ON entry.transfer_id = transfer.id
    JOIN public.ledger_account account ON account.id = entry.account_id
    WHERE transfer.subject_id = paid.id AND transfer.kind = 'order.paid' AND transfer.tenant_id = {tenant}
      AND account.kind IN ('psp_clearing', 'tenant_prepaid')
      AND entry.amount = -paid.total AND entry.currency = paid.currency)
"""
EARNINGS = """
SELECT {tenant} AS tenant_id, earning.payee_id, sale.currency,
       sum(earning.amount - earning.clawed_back) FILTER (WHERE earning.state <> 'payable')::bigint AS pending,
       sum(earning.amount - earning.clawed_back) FILTER (WHERE earning.state = 'payable')::bigint AS payable
FROM {schema}.agents_earning earning JOIN {schema}.agents_sale sale ON sale.order_id = earning.sale_id
WHERE earning.payee_id IS NOT NULL AND earning.state IN ('pending', 'holding', 'payable') GROUP BY 2, 3
"""
# What waits is on ``commission_pending``. What became payable is in the wallets, less what is owed and what
# was taken out: withdrawals apart, every entry there comes from an earning.
WITH_LEDGER = """
WITH earnings AS ({all}), books AS (
    SELECT account.tenant_id, account.owner_id AS payee_id, account.currency,
           sum(entry.amount) FILTER (WHERE account.kind = 'commission_pending')::bigint AS pending,
           sum(entry.amount) FILTER (WHERE account.kind <> 'commission_pending')::bigint AS payable
    FROM public.ledger_account account
    JOIN public.ledger_entry entry ON entry.account_id = account.id
    JOIN public.ledger_transfer transfer ON transfer.id = entry.transfer_id
    WHERE account.owner_kind = 'member' AND account.tenant_id = ANY ({tenants})
      AND account.kind IN (
          'commission_pending', 'commission_payable', 'service_fee_payable', 'clawback_receivable')
      AND transfer.kind NOT LIKE 'withdrawal.%'
    GROUP BY 1, 2, 3
)
SELECT concat_ws(' ', tenant_id, payee_id, currency) AS subject, tenant_id,
       coalesce(earnings.pending, 0) AS earnings_pending, coalesce(books.pending, 0) AS ledger_pending,
       coalesce(earnings.payable, 0) AS earnings_payable, coalesce(books.payable, 0) AS ledger_payable
FROM earnings FULL JOIN books USING (tenant_id, payee_id, currency)
WHERE (coalesce(earnings.pending, 0), coalesce(earnings.payable, 0))
   <> (coalesce(books.pending, 0), coalesce(books.payable, 0))
"""


# What was taken from budgets and is not spent: for orders that wait for their money, and for red packets that
# are out, were not taken or are reserved for such an order.
SUBSIDIES = """
SELECT {tenant} AS tenant_id, line.subsidy_budget AS holder, sum(line.subsidy)::bigint AS amount
FROM {schema}.shop_order waiting JOIN {schema}.shop_orderline line ON line.order_id = waiting.id
WHERE waiting.state = 'placed' AND waiting.subsidy > 0 GROUP BY 2
UNION ALL
SELECT {tenant}, batch.id, batch.amount * (batch.number - batch.handed_out
       + (SELECT count(*) FROM {schema}.shop_redpacket packet
          WHERE packet.batch_id = batch.id AND packet.state IN ('free', 'reserved')))
FROM {schema}.shop_redpacketbatch batch
"""
SUBSIDIES_BOOKED = """
WITH aside AS ({all}), books AS (
    SELECT account.tenant_id, account.owner_id AS holder, balance.amount
    FROM public.ledger_account account JOIN public.ledger_balance balance ON balance.account_id = account.id
    WHERE account.kind = 'subsidy_claimed' AND account.tenant_id = ANY ({tenants})
)
SELECT concat_ws(' ', tenant_id, holder) AS subject, tenant_id,
       coalesce(aside.amount, 0)::bigint AS set_aside,
       coalesce(books.amount, 0) AS booked
FROM aside FULL JOIN books USING (tenant_id, holder)
WHERE coalesce(aside.amount, 0) <> coalesce(books.amount, 0)
"""


# What a campaign's rows say of its units is what reservations say, one by one.
CAMPAIGNS = """
SELECT allocation.id AS subject, allocation.reserved, allocation.sold, said.in_reservations, said.committed
FROM public.catalog_allocation allocation CROSS JOIN LATERAL (
    SELECT coalesce(sum(quantity) FILTER (WHERE state = 'reserved'), 0)::integer AS in_reservations,
           coalesce(sum(quantity) FILTER (WHERE state = 'committed'), 0)::integer AS committed
    FROM public.catalog_reservation WHERE allocation_id = allocation.id
) said
WHERE allocation.matrix_until >= %(since)s
  AND (allocation.reserved, allocation.sold) <> (said.in_reservations, said.committed)
"""


def register() -> None:
    """Register them; called once from AppConfig.ready."""
    checks.register("shop.paid_is_booked", over_tenants(ORDERS, "{all}"))
    checks.register("shop.earnings_are_booked", over_tenants(EARNINGS, WITH_LEDGER))
    checks.register("shop.campaigns_add_up", checks.by_query(CAMPAIGNS))
    checks.register("shop.subsidies_are_claimed", over_tenants(SUBSIDIES, SUBSIDIES_BOOKED))


def over_tenants(each: str, together: str) -> Check:
    """Make a check of a query of one schema and one over all the schemas of a batch.

    ``each`` may use ``{schema}``, ``{tenant}`` and ``{since}``; ``together`` ``{all}`` and ``{tenants}``.
    """

    def check(since: datetime | None) -> Iterator[Difference]:
        with connection.cursor() as cursor:
            cursor.execute(KNOWN)
            known = cursor.fetchall()
        for batch in batched(known, SCHEMAS, strict=False):
            yield from _check(batch, since or EVER)

    def _check(batch: tuple[tuple[UUID, str], ...], since: datetime) -> Iterator[Difference]:
        parts = [
            sql.SQL(each).format(
                schema=sql.Identifier(schema), tenant=sql.Literal(tenant), since=sql.Literal(since)
            )
            for tenant, schema in batch
        ]
        query = sql.SQL(together).format(
            all=sql.SQL(" UNION ALL ").join(parts), tenants=sql.Literal([tenant for tenant, _schema in batch])
        )
        with connection.cursor() as cursor:
            cursor.execute(query)
            names = [column.name for column in cursor.description]
            for row in cursor.fetchall():
                facts = {name: _plain(value) for name, value in zip(names, row, strict=True)}
                yield Difference(str(facts.pop("subject")), facts)

    return check


def _plain(value: object) -> int | str | None:
    return value if value is None or isinstance(value, int) else str(value)
