CREATE FUNCTION public.fulfilment_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: take a redemption back with a row of its own', TG_TABLE_NAME;
END $$;

CREATE TRIGGER redemption_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_redemption
    FOR EACH STATEMENT EXECUTE FUNCTION public.fulfilment_refuse_change();

CREATE FUNCTION public.fulfilment_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: what was said stays said', TG_TABLE_NAME;
END $$;

CREATE TRIGGER thread_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_casemessage
    FOR EACH STATEMENT EXECUTE FUNCTION public.fulfilment_refuse_rewriting();
CREATE TRIGGER thread_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_casepicture
    FOR EACH STATEMENT EXECUTE FUNCTION public.fulfilment_refuse_rewriting();
