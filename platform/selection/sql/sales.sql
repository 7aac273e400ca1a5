-- Stock and orders. BN001 inside catalog_commit means "not there any more": the money goes back.
CREATE FUNCTION selection_tenant_of(schema_name name) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
CREATE FUNCTION selection_guard_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT public.selection_admits(
        (SELECT product_id FROM public.catalog_variant WHERE id = NEW.variant_id),
        public.selection_tenant_of(current_schema())
    ) THEN
        RAISE EXCEPTION 'this product has not passed and is not for sale'
            USING ERRCODE = CASE TG_OP WHEN 'UPDATE' THEN 'BN001' ELSE 'BN403' END, DETAIL = NEW.variant_id;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER admitted BEFORE INSERT ON public.catalog_reservation
    FOR EACH ROW EXECUTE FUNCTION public.selection_guard_reservation();
CREATE TRIGGER admitted_still BEFORE UPDATE ON public.catalog_reservation FOR EACH ROW
    WHEN (NEW.state = 'committed' AND OLD.state <> 'committed')
    EXECUTE FUNCTION public.selection_guard_reservation();

CREATE FUNCTION selection_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT public.selection_admits(NEW.product_id, public.selection_tenant_of(TG_TABLE_SCHEMA)) THEN
        RAISE EXCEPTION 'this product has not passed and is not for sale'
            USING ERRCODE = 'BN403', DETAIL = NEW.product_id;
    END IF;
    RETURN NEW;
END $$;
