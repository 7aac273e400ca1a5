-- Schemas of tenants belong to the role that migrates, never to the one that the service connects as: nobody who
-- holds the service's password can switch off a trigger of a shop. The service makes and drops schemas by these two
-- functions, which run with the owner's rights; what they run was written to registry_schemascript by a migration,
-- and the service's role may only read that table. Python: tenants.registry.schemas.create_schema and drop_schema.
CREATE FUNCTION registry_create_schema(new_schema text, script_fingerprint text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    statement text;
BEGIN
    IF new_schema !~ '^t_[a-z0-9_]{1,60}$' THEN
        RAISE EXCEPTION 'registry.no_tenants_schema' USING ERRCODE = 'BN001';
    END IF;
    EXECUTE format('CREATE SCHEMA %I', new_schema);
    PERFORM set_config('search_path', format('%I, public, pg_temp', new_schema), true);
    FOR statement IN
        SELECT step FROM public.registry_schemascript s,
            jsonb_array_elements_text(s.statements) WITH ORDINALITY AS steps (step, place)
        WHERE s.fingerprint = script_fingerprint ORDER BY place
    LOOP
        EXECUTE statement;
    END LOOP;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'registry.not_migrated' USING ERRCODE = 'BN001';
    END IF;
END $$;

CREATE FUNCTION registry_drop_schema(old_schema text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF old_schema !~ '^t_[a-z0-9_]{1,60}$'
        OR EXISTS (SELECT FROM registry_tenant t WHERE t.schema_name = old_schema AND t.state = 'active')
    THEN
        RAISE EXCEPTION 'registry.no_tenants_schema' USING ERRCODE = 'BN001';
    END IF;
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', old_schema);
END $$;

REVOKE EXECUTE ON FUNCTION registry_create_schema, registry_drop_schema FROM PUBLIC;
