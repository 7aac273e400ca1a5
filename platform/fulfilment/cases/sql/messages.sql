-- What was said and shown in an after-sales case stays: it is evidence (fulfilment.cases).
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_casemessage
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_casepicture
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
