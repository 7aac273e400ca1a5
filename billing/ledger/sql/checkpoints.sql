-- Entries of transfers older than every open transaction can no longer change in number: their ids are
-- taken from the clock after their transaction began. Only those are folded.
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
