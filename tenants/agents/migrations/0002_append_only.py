"""A version of the rules is a fact: orders point at it, so the database lets nobody change or remove it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION refuse_rules_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rules versions are append-only: switch on a new version instead'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER rules_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agents_rulesversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rules_change();
"""
BACKWARD = """
DROP TRIGGER rules_version_append_only ON agents_rulesversion;
DROP FUNCTION refuse_rules_change();
"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
