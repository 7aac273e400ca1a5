CREATE OR REPLACE FUNCTION public.selection_tenant_of(schema_name name) RETURNS uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id FROM registry_tenant t WHERE t.schema_name = $1
$$;
