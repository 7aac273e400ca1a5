"""The invariants of billing, each one query over "public".

Those that grow with the number of transfers look at what is new since the last sweep (and once a day at
everything); what is open or owed is always looked at whole.
"""

from billing.watch import checks

SUMS = """
SELECT transfer_id AS subject, currency, sum(amount) AS is_left, 0 AS expected
FROM public.ledger_entry WHERE transfer_id >= %(boundary)s
GROUP BY transfer_id, currency HAVING sum(amount) <> 0
"""
LEGS = """
SELECT transfer.id AS subject, transfer.kind, transfer.legs AS expected, count(entry.seq) AS legs
FROM public.ledger_transfer transfer LEFT JOIN public.ledger_entry entry ON entry.transfer_id = transfer.id
WHERE transfer.id >= %(boundary)s
GROUP BY transfer.id HAVING count(entry.seq) <> transfer.legs
"""
# Balances of the accounts that moved; a sum over all their entries, for that is what a balance claims to be.
BALANCES = """
SELECT account.id AS subject, account.owner_kind, account.kind, account.currency,
       balance.amount AS balance, coalesce(total.amount, 0) AS entries
FROM public.ledger_account account
LEFT JOIN public.ledger_balance balance ON balance.account_id = account.id
LEFT JOIN LATERAL (
    SELECT sum(amount)::bigint AS amount FROM public.ledger_entry WHERE account_id = account.id
) total ON true
WHERE NOT account.may_go_negative
  AND account.id IN (SELECT account_id FROM public.ledger_entry WHERE transfer_id >= %(boundary)s)
  AND balance.amount IS DISTINCT FROM coalesce(total.amount, 0)
"""
CHECKPOINTS = """
SELECT kept.account_id AS subject, kept.amount AS checkpoint, total.amount AS entries
FROM public.ledger_checkpoint kept, LATERAL (
    SELECT coalesce(sum(amount), 0)::bigint AS amount FROM public.ledger_entry
    WHERE account_id = kept.account_id AND transfer_id < kept.upto
) total
WHERE kept.at >= %(since)s AND kept.amount <> total.amount
"""
# What a payment brought is in the ledger, under its own id or what it is for, with its own amount.
PAYMENTS = """
SELECT payment.id AS subject, payment.tenant_id, payment.purpose, payment.amount, payment.currency,
       payment.description
FROM public.payments_payment payment
WHERE payment.state = 'succeeded' AND payment.succeeded_at >= %(since)s AND NOT EXISTS (
    SELECT FROM public.ledger_transfer transfer
    JOIN public.ledger_entry entry ON entry.transfer_id = transfer.id
    JOIN public.ledger_account account ON account.id = entry.account_id
    WHERE transfer.subject_id IN (payment.id, payment.reference_id)
      AND account.kind = 'psp_clearing' AND entry.currency = payment.currency
      AND entry.amount = -payment.amount)
"""
# Refunds and what a dispute keeps from being refunded; of a payment that failed nothing was counted.
REFUNDED = """
SELECT payment.id AS subject, payment.tenant_id, payment.currency, payment.refunded,
       coalesce(total.amount, 0) AS refunds
FROM public.payments_payment payment LEFT JOIN (
    SELECT payment_id, sum(amount)::bigint AS amount FROM (
        SELECT payment_id, amount FROM public.payments_refund WHERE state <> 'failed'
        UNION ALL
        SELECT payment_id, reserved FROM public.payments_dispute WHERE state <> 'won'
    ) back GROUP BY payment_id
) total ON total.payment_id = payment.id
WHERE payment.created_at >= %(since)s - interval '90 days' AND payment.state = 'succeeded'
  AND payment.refunded <> least(coalesce(total.amount, 0), payment.amount)
"""
REFUNDS = """
SELECT refund.id AS subject, payment.tenant_id, refund.amount, refund.currency, payment.description
FROM public.payments_refund refund JOIN public.payments_payment payment ON payment.id = refund.payment_id
WHERE refund.state = 'succeeded' AND refund.finished_at >= %(since)s AND NOT EXISTS (
    SELECT FROM public.ledger_transfer transfer
    JOIN public.ledger_entry entry ON entry.transfer_id = transfer.id
    JOIN public.ledger_account account ON account.id = entry.account_id
    WHERE transfer.subject_id IN (payment.id, payment.reference_id, refund.id)
      AND account.kind = 'psp_clearing' AND entry.amount = refund.amount AND entry.currency = refund.currency)
"""
# What suppliers are owed, by payables and by the ledger, per supplier and currency.
OWED = """
SELECT concat_ws(' ', coalesce(rows.supplier_id, books.owner_id), coalesce(rows.currency, books.currency))
           AS subject,
       coalesce(rows.amount, 0) AS payables, coalesce(books.amount, 0) AS ledger
FROM (
    SELECT supplier_id, currency, sum(amount)::bigint AS amount FROM public.payouts_payable
    WHERE state IN ('waiting', 'due') GROUP BY 1, 2
) rows FULL JOIN (
    SELECT owner_id, currency, sum(balance.amount)::bigint AS amount
    FROM public.ledger_account JOIN public.ledger_balance balance ON balance.account_id = id
    WHERE kind = 'supplier_payable' AND owner_kind = 'supplier' GROUP BY 1, 2
) books ON books.owner_id = rows.supplier_id AND books.currency = rows.currency
WHERE coalesce(rows.amount, 0) <> coalesce(books.amount, 0)
"""
IN_FLIGHT = """
SELECT concat_ws(' ', coalesce(rows.supplier_id, books.owner_id), coalesce(rows.currency, books.currency))
           AS subject,
       coalesce(rows.amount, 0) AS payouts, coalesce(books.amount, 0) AS ledger
FROM (
    SELECT supplier_id, currency, sum(amount)::bigint AS amount FROM public.payouts_payout
    WHERE state IN ('requested', 'sent') AND supplier_id IS NOT NULL GROUP BY 1, 2
) rows FULL JOIN (
    SELECT owner_id, currency, sum(balance.amount)::bigint AS amount
    FROM public.ledger_account JOIN public.ledger_balance balance ON balance.account_id = id
    WHERE kind = 'withdrawal_in_flight' AND owner_kind = 'supplier' GROUP BY 1, 2
) books ON books.owner_id = rows.supplier_id AND books.currency = rows.currency
WHERE coalesce(rows.amount, 0) <> coalesce(books.amount, 0)
"""
# What members and shops took out and has not arrived, with the top-ups that are on their way back.
WITHDRAWN = """
SELECT concat_ws(' ', owner_id, tenant_id, currency) AS subject, tenant_id,
       coalesce(rows.amount, 0) AS withdrawals, coalesce(books.amount, 0) AS ledger
FROM (
    SELECT owner_id, tenant_id, currency, sum(amount)::bigint AS amount FROM (
        SELECT owner_id, tenant_id, currency, net AS amount FROM public.payouts_withdrawal
        WHERE state IN ('awaiting', 'requested', 'sent')
        UNION ALL
        SELECT payment.tenant_id, payment.tenant_id, refund.currency, refund.amount
        FROM public.payments_refund refund
        JOIN public.payments_payment payment ON payment.id = refund.payment_id
        WHERE payment.purpose = 'topup' AND refund.state IN ('requested', 'sent')
          AND NOT refund.is_unapplied AND NOT refund.is_foreign
    ) leaving GROUP BY 1, 2, 3
) rows FULL JOIN (
    SELECT owner_id, tenant_id, currency, sum(balance.amount)::bigint AS amount
    FROM public.ledger_account JOIN public.ledger_balance balance ON balance.account_id = id
    WHERE kind = 'withdrawal_in_flight' AND owner_kind IN ('member', 'tenant') GROUP BY 1, 2, 3
) books USING (owner_id, tenant_id, currency)
WHERE coalesce(rows.amount, 0) <> coalesce(books.amount, 0)
"""
# What banks hold while they decide; what is lost is taken from somebody else once it is known whose it was,
# what is won came back.
DISPUTED = """
SELECT concat_ws(' ', tenant_id, currency) AS subject, tenant_id,
       coalesce(rows.amount, 0) AS disputes, coalesce(books.amount, 0) AS ledger
FROM (
    SELECT payment.tenant_id, dispute.currency, sum(dispute.withdrawn)::bigint AS amount
    FROM public.payments_dispute dispute
    JOIN public.payments_payment payment ON payment.id = dispute.payment_id
    WHERE dispute.taken_back_at IS NULL GROUP BY 1, 2
) rows FULL JOIN (
    SELECT account.tenant_id, account.currency, -sum(entry.amount)::bigint AS amount
    FROM public.ledger_account account JOIN public.ledger_entry entry ON entry.account_id = account.id
    WHERE account.kind = 'disputed' GROUP BY 1, 2
) books USING (tenant_id, currency)
WHERE coalesce(rows.amount, 0) <> coalesce(books.amount, 0)
"""
PAYOUTS = """
SELECT payout.id AS subject, payout.amount, payout.currency
FROM public.payouts_payout payout
WHERE payout.state = 'paid' AND payout.amount > 0 AND payout.paid_at >= %(since)s
  AND NOT EXISTS (
    SELECT FROM public.ledger_transfer transfer
    JOIN public.ledger_entry entry ON entry.transfer_id = transfer.id
    JOIN public.ledger_account account ON account.id = entry.account_id
    WHERE transfer.subject_id IN (payout.id, payout.withdrawal_id)
      AND account.kind = 'psp_clearing' AND entry.amount = payout.amount AND entry.currency = payout.currency)
"""
# The goods have moved, and an hour later the payable still waits: the event was lost.
OVERDUE = """
SELECT payable.id AS subject, payable.tenant_id, payable.amount,
       payable.currency, payable.settlement_policy, goods.number,
       coalesce(goods.received_at, goods.shipped_at, payable.created_at) AS since
FROM public.payouts_payable payable
JOIN public.fulfilment_supplierorder goods ON goods.id = payable.supplier_order_id
WHERE payable.state = 'waiting' AND CASE payable.settlement_policy
    WHEN 'paid' THEN payable.created_at
    WHEN 'shipped' THEN goods.shipped_at
    ELSE goods.received_at
END < now() - interval '1 hour'
"""


def register() -> None:
    """Register what billing must keep; called once from AppConfig.ready."""
    for name, query in {
        "ledger.sums_are_zero": SUMS,
        "ledger.legs_are_complete": LEGS,
        "ledger.balances_are_entries": BALANCES,
        "ledger.checkpoints_are_entries": CHECKPOINTS,
        "payments.paid_is_booked": PAYMENTS,
        "payments.refunded_is_refunds": REFUNDED,
        "payments.refund_is_booked": REFUNDS,
        "payouts.owed_is_booked": OWED,
        "payouts.in_flight_is_booked": IN_FLIGHT,
        "payouts.withdrawn_is_booked": WITHDRAWN,
        "payments.disputed_is_booked": DISPUTED,
        "payouts.paid_is_booked": PAYOUTS,
        "payouts.due_by_policy": OVERDUE,
    }.items():
        checks.register(name, checks.by_query(query))
