-- What the service's own role may do, run by the owner of the schema "public" after each migration:
--   psql -v app=banyan_app -c "SET banyan.app = 'banyan_app'" -f deploy/application_role.sql
-- The role that migrates owns "public" and its triggers; the service connects as this one, which cannot
-- switch a trigger off, change what is append-only, or write and read votes but by the functions for it.
GRANT USAGE ON SCHEMA public TO :"app";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"app";
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO :"app";
REVOKE INSERT, UPDATE, DELETE ON selection_vote, selection_result, selection_claim FROM :"app";
REVOKE UPDATE, DELETE ON
    selection_round, selection_roundentry, selection_seat, selection_volunteer, selection_closing, selection_ruling,
    selection_charter, selection_charterproduct, selection_complaint, selection_recheck,
    kernel_auditentry FROM :"app";
GRANT UPDATE (ended_at, ended_by, reason) ON selection_claim TO :"app";
REVOKE DELETE ON selection_proposal, selection_sample FROM :"app";
-- Tenants' schemas are made by the service and belong to it.
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_setting('banyan.app')); END $$;
