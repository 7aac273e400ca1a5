-- The audit log: written by kernel.audit.record, read by the consoles.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.kernel_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
