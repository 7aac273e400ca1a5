-- Accounts, transfers and entries are append-only: a transfer is corrected by one that reverses it
-- (billing.ledger.services.reverse). Changes are not granted to the application's own role either.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON public.ledger_account FROM PUBLIC, CURRENT_USER;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON public.ledger_transfer FROM PUBLIC, CURRENT_USER;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON public.ledger_entry FROM PUBLIC, CURRENT_USER;
