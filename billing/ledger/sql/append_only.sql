-- Refused by trigger for everybody, and not granted to the application's own role either.
CREATE FUNCTION public.ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the ledger is append-only, correct it with a reversal', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'BN423';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON public.ledger_account FROM PUBLIC, CURRENT_USER;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON public.ledger_transfer FROM PUBLIC, CURRENT_USER;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON public.ledger_entry FROM PUBLIC, CURRENT_USER;
