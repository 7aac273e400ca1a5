-- Orders point at the version of the rules by which they were split; a change is a new version
-- (tenants.agents.rules_versions.services).
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agents_rulesversion
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
