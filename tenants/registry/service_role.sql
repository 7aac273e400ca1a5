-- What the role that the service connects as may do. `banyan migrate` runs it as the owner, after each migration of
-- "public" and before schemas are made; the name of the role stands in the setting banyan.service_role.
-- Python: tenants.registry.service_role.grant.
DO $$
DECLARE
    app name := current_setting('banyan.service_role');
    space name;
    append_only regclass;
    kind text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', app);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I', app);
    EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO %I', app);
    -- Whatever the owner makes from now on, in schemas of tenants above all.
    EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO %I', app);
    EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', app);
    EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO %I', app);
    EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO %I', app);
    -- Schemas of tenants that were made before there was a role for the service.
    FOR space IN
        SELECT nspname FROM pg_namespace
        WHERE nspname ~ '^t_' AND NOT has_schema_privilege(app, oid, 'USAGE')
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', space, app);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', space, app);
        EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', space, app);
        EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO %I', space, app);
    END LOOP;
    -- Append-only is refused by triggers; the role may not even ask.
    FOR append_only IN
        SELECT tgrelid FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid
        WHERE tgname = 'append_only' AND t.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM %I', append_only, app);
    END LOOP;
    -- Votes are written and read by the functions for it only.
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON selection_vote, selection_result, selection_claim FROM %I', app);
    EXECUTE format('GRANT UPDATE (ended_at, ended_by, reason) ON selection_claim TO %I', app);
    EXECUTE format('REVOKE DELETE ON selection_proposal, selection_sample FROM %I', app);
    -- registry_create_schema runs these with the owner's rights.
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON registry_schemascript, django_migrations FROM %I', app);
END $$;
