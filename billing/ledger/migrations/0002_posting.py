"""What the database does by itself: posting, and refusing what must never be.

Names are qualified with "public", for the functions also run while a tenant's schema comes first on
the search path. Error codes: BN402 balance too small, BN422 a wrong transfer, BN423 append-only.
"""

from django.db import migrations

# One call posts all; the answer is the new transfer's id, or NULL where the key was used before. Two callers
# with the same key meet at the transfer's row: the second one waits there. All rows come in one statement; only
# where an account is missing is it repeated, after the accounts were created in sorted order.
POST = """
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
    wanted public.ledger_leg[] := legs;
    digest bytea := public.ledger_digest(legs, about, by_rules, undoing);
    posted uuid;
BEGIN
    IF undoing IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM public.ledger_transfer WHERE id = undoing) THEN
            RAISE EXCEPTION 'transfer % to be reversed does not exist', undoing USING ERRCODE = 'BN422';
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
            FROM unnest((SELECT wanted)) WITH ORDINALITY
                AS leg(tenant_id, owner_kind, owner_id, kind, open_ended, currency, amount, seq)
        ), transfer AS (
            INSERT INTO public.ledger_transfer (
                id, tenant_id, kind, idempotency_key, payload_hash, legs,
                subject_id, rule_version, occurred_at, reverses_id
            )
            SELECT posted, for_tenant, of_kind, with_key, digest, cardinality(wanted),
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
        FROM unnest(wanted)
        ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT DO NOTHING;
    END LOOP;
END $$;
"""

# Once per statement, with the new rows as a table. Legs are numbered from 1 to the transfer's own number of
# legs: so all come at once, and there is no number left for one that comes later. Balance rows are changed in
# the order of their ids, so that two postings never wait for each other; accounts without one lock nothing.
CHECK = """
CREATE FUNCTION public.ledger_entries_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    leg record;
    wrong record;
    first_transfer uuid;
    first_currency text;
    expected integer;
    seen integer := 0;
    rest bigint := 0;
    is_mixed boolean := false;
BEGIN
    FOR leg IN
        SELECT added.transfer_id, added.seq, added.account_id, added.currency, added.amount,
               account.currency AS true_currency, account.may_go_negative, transfer.legs
        FROM added
        -- OFFSET 0: always by index, never a scan that a plan from younger days holds for cheaper.
        LEFT JOIN LATERAL (
            SELECT currency, may_go_negative FROM public.ledger_account WHERE id = added.account_id OFFSET 0
        ) AS account ON true
        LEFT JOIN LATERAL (
            SELECT legs FROM public.ledger_transfer WHERE id = added.transfer_id OFFSET 0
        ) AS transfer ON true
        ORDER BY added.account_id, added.amount DESC
    LOOP
        IF leg.true_currency IS DISTINCT FROM leg.currency THEN
            RAISE EXCEPTION 'account % is unknown or has another currency', leg.account_id USING ERRCODE = 'BN422';
        END IF;
        IF leg.legs IS NULL OR leg.seq NOT BETWEEN 1 AND leg.legs THEN
            RAISE EXCEPTION 'leg % was added to transfer % later, or that is unknown', leg.seq, leg.transfer_id
                USING ERRCODE = 'BN422';
        END IF;
        IF seen = 0 THEN
            first_transfer := leg.transfer_id;
            first_currency := leg.currency;
            expected := leg.legs;
        ELSIF first_transfer <> leg.transfer_id OR first_currency <> leg.currency THEN
            is_mixed := true;
        END IF;
        seen := seen + 1;
        rest := rest + leg.amount;
        CONTINUE WHEN leg.may_go_negative;
        UPDATE public.ledger_balance SET amount = amount + leg.amount
        WHERE account_id = leg.account_id AND (leg.amount > 0 OR amount + leg.amount >= 0);
        IF NOT FOUND THEN
            SELECT -(amount + leg.amount) AS missing INTO wrong
            FROM public.ledger_balance WHERE account_id = leg.account_id;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'account % has lost its balance', leg.account_id USING ERRCODE = 'BN422';
            END IF;
            RAISE EXCEPTION 'account % lacks %', leg.account_id, wrong.missing
                USING ERRCODE = 'BN402', DETAIL = wrong.missing::text;
        END IF;
    END LOOP;
    IF is_mixed OR rest <> 0 THEN
        SELECT transfer_id, currency, sum(amount) AS rest INTO wrong
        FROM added GROUP BY transfer_id, currency HAVING sum(amount) <> 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'transfer % does not sum to zero in %: % is left', wrong.transfer_id, wrong.currency, wrong.rest
                USING ERRCODE = 'BN422';
        END IF;
    END IF;
    IF is_mixed OR seen <> expected THEN
        SELECT added.transfer_id INTO wrong
        FROM added JOIN public.ledger_transfer transfer ON transfer.id = added.transfer_id
        GROUP BY added.transfer_id, transfer.legs HAVING count(*) <> transfer.legs LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the legs of transfer % do not come all at once', wrong.transfer_id USING ERRCODE = 'BN422';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_added AFTER INSERT ON public.ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_entries_added();
"""

# At commit: a transfer without its legs cannot stay. Checkpoints rely on ids that are not older than their
# transaction, so a back-dated id is refused too (a business date has its own column).
COMPLETE = """
CREATE FUNCTION public.ledger_transfer_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.ledger_entry WHERE transfer_id = NEW.id AND seq = NEW.legs) THEN
        RAISE EXCEPTION 'transfer % lacks legs', NEW.id USING ERRCODE = 'BN422';
    END IF;
    IF uuid_extract_timestamp(NEW.id) < now() - interval '1 second' THEN
        RAISE EXCEPTION 'the id of transfer % is older than its transaction', NEW.id USING ERRCODE = 'BN422';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transfer_complete AFTER INSERT ON public.ledger_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ledger_transfer_complete();
"""

# Refused by trigger for everybody, and not granted to the application's own role either.
APPEND_ONLY = """
CREATE FUNCTION public.ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the ledger is append-only, correct it with a reversal', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'BN423';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON public.ledger_{table} FROM PUBLIC, CURRENT_USER;
"""
    for table in ("account", "transfer", "entry")
)

# A balance row exists exactly for accounts that may not go negative, and only triggers write it.
BALANCE = """
CREATE FUNCTION public.ledger_account_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.ledger_balance (account_id, amount) VALUES (NEW.id, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER account_opened AFTER INSERT ON public.ledger_account
    FOR EACH ROW WHEN (NOT NEW.may_go_negative) EXECUTE FUNCTION public.ledger_account_opened();
-- Room on each page, so that a changed balance stays on it and no index has to follow.
ALTER TABLE public.ledger_balance SET (fillfactor = 50);
CREATE TRIGGER by_entries_only BEFORE INSERT OR UPDATE OR DELETE ON public.ledger_balance
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION public.ledger_append_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON public.ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
"""

# Entries of transfers older than every open transaction can no longer change in number: their ids are
# taken from the clock after their transaction began. Only those are folded.
CHECKPOINT = """
CREATE FUNCTION public.ledger_fold(margin interval) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    boundary uuid;
    account record;
    tail record;
    folded integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger.fold', 0));
    SELECT public.ledger_first_id(least(now(), min(xact_start)) - margin) INTO boundary
    FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL;
    FOR account IN
        SELECT owned.id, coalesce(kept.upto, '00000000-0000-0000-0000-000000000000') AS upto
        FROM public.ledger_account owned LEFT JOIN public.ledger_checkpoint kept ON kept.account_id = owned.id
        WHERE owned.may_go_negative ORDER BY owned.id
    LOOP
        SELECT sum(entry.amount)::bigint AS amount, count(*) AS entries INTO tail
        FROM public.ledger_entry entry
        WHERE entry.account_id = account.id
          AND entry.transfer_id >= account.upto AND entry.transfer_id < boundary;
        IF tail.entries > 0 THEN
            INSERT INTO public.ledger_checkpoint AS kept (account_id, amount, upto, at)
            VALUES (account.id, tail.amount, boundary, now())
            ON CONFLICT (account_id) DO UPDATE
            SET amount = kept.amount + excluded.amount, upto = excluded.upto, at = excluded.at;
            folded := folded + 1;
        END IF;
    END LOOP;
    RETURN folded;
END $$;
CREATE FUNCTION public.ledger_first_id(of_moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM of_moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(POST),
        migrations.RunSQL(CHECK),
        migrations.RunSQL(COMPLETE),
        migrations.RunSQL(APPEND_ONLY),
        migrations.RunSQL(BALANCE),
        migrations.RunSQL(CHECKPOINT),
    ]
