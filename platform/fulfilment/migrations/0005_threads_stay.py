"""What was said in a case stays said."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION public.fulfilment_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: what was said stays said', TG_TABLE_NAME;
END $$;
CREATE TRIGGER thread_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_casemessage
    FOR EACH STATEMENT EXECUTE FUNCTION public.fulfilment_refuse_rewriting();
CREATE TRIGGER thread_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_casepicture
    FOR EACH STATEMENT EXECUTE FUNCTION public.fulfilment_refuse_rewriting();
"""
BACK = """
DROP TRIGGER thread_append_only ON public.fulfilment_casemessage;
DROP TRIGGER thread_append_only ON public.fulfilment_casepicture;
DROP FUNCTION public.fulfilment_refuse_rewriting();
"""


class Migration(migrations.Migration):
    dependencies = [("fulfilment", "0004_cases")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
