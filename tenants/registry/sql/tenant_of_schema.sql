-- The body of the function that selection's guards ask whose schema they are in
-- (platform/selection/admission/sql/sales.sql); Python twin: tenants.registry.selectors.tenant_of_schema.
CREATE OR REPLACE FUNCTION public.selection_tenant_of(schema_name name) RETURNS uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id FROM registry_tenant t WHERE t.schema_name = $1
$$;
