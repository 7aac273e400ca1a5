CREATE FUNCTION refuse_rules_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rules versions are append-only: switch on a new version instead'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER rules_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agents_rulesversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rules_change();
