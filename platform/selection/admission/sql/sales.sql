-- The guards before stock and orders: what has not passed is neither reserved nor sold, whatever code runs.
-- BN002 where a reservation is committed: catalog_commit takes it for "not there any more", and the money of
-- the order goes back. selection_tenant_of gets its body from the tenants' registry, which alone knows which
-- schema is whose (tenants/registry/sql/tenant_of_schema.sql).
CREATE FUNCTION selection_tenant_of(schema_name name) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
CREATE FUNCTION selection_guard_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT public.selection_admits(
        (SELECT product_id FROM public.catalog_variant WHERE id = NEW.variant_id),
        public.selection_tenant_of(current_schema())
    ) THEN
        RAISE EXCEPTION 'selection.not_admitted'
            USING ERRCODE = CASE TG_OP WHEN 'UPDATE' THEN 'BN002' ELSE 'BN001' END,
            DETAIL = jsonb_build_object('variant_id', NEW.variant_id)::text;
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
        RAISE EXCEPTION 'selection.not_admitted' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('product_id', NEW.product_id)::text;
    END IF;
    RETURN NEW;
END $$;
