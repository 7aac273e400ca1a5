-- A halt of all payouts and its end are rows; the latest counts (billing.payouts.halts.services).
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.payouts_payouthalt
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
