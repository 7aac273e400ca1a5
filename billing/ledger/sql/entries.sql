-- Once per statement, with the new rows as a table. Legs are numbered from 1 to the transfer's own number of
-- legs: so all come at once, and there is no number left for one that comes later. Balance rows are changed in
-- the order of their ids, so that two postings never wait for each other; accounts without one lock nothing.
CREATE FUNCTION public.ledger_entries_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    leg record;
    wrong record;
    first_transfer uuid;
    first_currency text;
    expected integer;
    counted integer := 0;
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
            RAISE EXCEPTION 'ledger.wrong_account' USING ERRCODE = 'BN001',
                DETAIL = jsonb_build_object('account', leg.account_id, 'currency', leg.currency)::text;
        END IF;
        IF leg.legs IS NULL OR leg.seq NOT BETWEEN 1 AND leg.legs THEN
            RAISE EXCEPTION 'ledger.leg_added_later' USING ERRCODE = 'BN001',
                DETAIL = jsonb_build_object('transfer', leg.transfer_id, 'leg', leg.seq)::text;
        END IF;
        IF counted = 0 THEN
            first_transfer := leg.transfer_id;
            first_currency := leg.currency;
            expected := leg.legs;
        ELSIF first_transfer <> leg.transfer_id OR first_currency <> leg.currency THEN
            is_mixed := true;
        END IF;
        counted := counted + 1;
        rest := rest + leg.amount;
        CONTINUE WHEN leg.may_go_negative;
        UPDATE public.ledger_balance SET amount = amount + leg.amount
        WHERE account_id = leg.account_id AND (leg.amount > 0 OR amount + leg.amount >= 0);
        IF NOT FOUND THEN
            SELECT -(amount + leg.amount) AS missing INTO wrong
            FROM public.ledger_balance WHERE account_id = leg.account_id;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'ledger.balance_lost' USING ERRCODE = 'BN001',
                    DETAIL = jsonb_build_object('account', leg.account_id)::text;
            END IF;
            RAISE EXCEPTION 'ledger.balance_too_small' USING ERRCODE = 'BN001',
                DETAIL = jsonb_build_object('account', leg.account_id, 'missing', wrong.missing)::text;
        END IF;
    END LOOP;
    IF is_mixed OR rest <> 0 THEN
        SELECT transfer_id, currency, sum(amount) AS rest INTO wrong
        FROM added GROUP BY transfer_id, currency HAVING sum(amount) <> 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'ledger.not_zero' USING ERRCODE = 'BN001', DETAIL = jsonb_build_object(
                'transfer', wrong.transfer_id, 'currency', wrong.currency, 'rest', wrong.rest)::text;
        END IF;
    END IF;
    IF is_mixed OR counted <> expected THEN
        SELECT added.transfer_id INTO wrong
        FROM added JOIN public.ledger_transfer transfer ON transfer.id = added.transfer_id
        GROUP BY added.transfer_id, transfer.legs HAVING count(*) <> transfer.legs LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'ledger.legs_not_at_once' USING ERRCODE = 'BN001',
                DETAIL = jsonb_build_object('transfer', wrong.transfer_id)::text;
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER entries_added AFTER INSERT ON public.ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_entries_added();
