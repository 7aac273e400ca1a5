-- What the service's own role may do, run by the owner of the schema "public" after each migration:
--   psql -v app=banyan_app -c "SET banyan.app = 'banyan_app'" -f deploy/application_role.sql
-- The role that migrates owns "public" and its triggers; the service connects as this one, which cannot
-- switch a trigger off, change what is append-only, or write and read votes but by the functions for it.
GRANT USAGE ON SCHEMA public TO :"app";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"app";
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO :"app";
REVOKE INSERT, UPDATE, DELETE ON selection_vote, selection_result, selection_claim FROM :"app";
DO $$
DECLARE
    append_only regclass;
BEGIN
    FOR append_only IN
        SELECT tgrelid FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid
        WHERE tgname = 'append_only' AND t.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM %I', append_only, current_setting('banyan.app'));
    END LOOP;
END $$;
GRANT UPDATE (ended_at, ended_by, reason) ON selection_claim TO :"app";
REVOKE DELETE ON selection_proposal, selection_sample FROM :"app";
-- Tenants' schemas are made by the service and belong to it.
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_setting('banyan.app')); END $$;
