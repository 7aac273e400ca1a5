-- billing.ledger.services.post calls this. Names are qualified with "public" here and elsewhere, for functions
-- also run while a tenant's schema comes first on the search path.
-- One call posts all; the answer is the new transfer's id, or NULL where the key was used before. Two callers
-- with the same key meet at the transfer's row: the second one waits there. All rows come in one statement; only
-- where an account is missing is it repeated, after the accounts were created in sorted order.
CREATE TYPE public.ledger_leg AS (
    tenant_id uuid, owner_kind text, owner_id uuid, kind text, open_ended boolean, currency text, amount bigint
);
CREATE FUNCTION public.ledger_digest(legs text, about uuid, by_rules integer, undoing uuid)
RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(format('%s|%s|%s|%s', legs, about, by_rules, undoing), 'UTF8'))
$$;

CREATE FUNCTION public.ledger_post(
    for_tenant uuid, of_kind text, with_key text, legs text,
    about uuid, by_rules integer, undoing uuid, at timestamptz
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    parsed public.ledger_leg[] := legs;
    digest bytea := public.ledger_digest(legs, about, by_rules, undoing);
    posted uuid;
BEGIN
    IF undoing IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM public.ledger_transfer WHERE id = undoing) THEN
            RAISE EXCEPTION 'ledger.nothing_to_reverse' USING ERRCODE = 'BN001',
                DETAIL = jsonb_build_object('transfer', undoing)::text;
        END IF;
    END IF;
    LOOP
        posted := uuidv7();
        WITH leg AS MATERIALIZED (
            SELECT leg.seq, leg.currency, leg.amount, (
                SELECT id FROM public.ledger_account account
                WHERE account.owner_id = leg.owner_id AND account.kind = leg.kind
                  AND account.tenant_id = leg.tenant_id AND account.owner_kind = leg.owner_kind
                  AND account.currency = leg.currency
            ) AS account_id
            -- A subquery, so that the planner sees no number of legs: knowing it, it would plan each call anew.
            FROM unnest((SELECT parsed)) WITH ORDINALITY
                AS leg(tenant_id, owner_kind, owner_id, kind, open_ended, currency, amount, seq)
        ), transfer AS (
            INSERT INTO public.ledger_transfer (
                id, tenant_id, kind, idempotency_key, payload_hash, legs,
                subject_id, rule_version, occurred_at, reverses_id
            )
            SELECT posted, for_tenant, of_kind, with_key, digest, cardinality(parsed),
                   about, by_rules, coalesce(at, now()), undoing
            WHERE NOT EXISTS (SELECT FROM leg WHERE account_id IS NULL)
            ON CONFLICT (tenant_id, kind, idempotency_key) DO NOTHING RETURNING id
        )
        INSERT INTO public.ledger_entry (transfer_id, seq, account_id, currency, amount)
        SELECT transfer.id, leg.seq, leg.account_id, leg.currency, leg.amount FROM transfer, leg;
        IF FOUND THEN
            RETURN posted;
        END IF;
        IF EXISTS (
            SELECT FROM public.ledger_transfer
            WHERE tenant_id = for_tenant AND kind = of_kind AND idempotency_key = with_key
        ) THEN
            RETURN NULL;
        END IF;
        INSERT INTO public.ledger_account (tenant_id, owner_kind, owner_id, kind, currency, may_go_negative)
        SELECT DISTINCT tenant_id, owner_kind, owner_id, kind, currency, open_ended
        FROM unnest(parsed)
        ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT DO NOTHING;
    END LOOP;
END $$;
