-- A redemption is taken back with a row of its own (fulfilment.vouchers).
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_redemption
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
