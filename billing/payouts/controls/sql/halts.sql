CREATE TRIGGER halt_append_only BEFORE UPDATE OR DELETE ON public.payouts_halt
    FOR EACH ROW EXECUTE FUNCTION public.kernel_refuse_change();
CREATE TRIGGER halt_no_truncate BEFORE TRUNCATE ON public.payouts_halt
    FOR EACH STATEMENT EXECUTE FUNCTION public.kernel_refuse_change();
