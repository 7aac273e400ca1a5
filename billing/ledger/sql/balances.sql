-- A balance row exists exactly for accounts that may not go negative, and only triggers write it.
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
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION public.append_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON public.ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
