"""Redemptions are facts: they are added, never changed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION public.fulfilment_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: take a redemption back with a row of its own', TG_TABLE_NAME;
END $$;
CREATE TRIGGER redemption_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fulfilment_redemption
    FOR EACH STATEMENT EXECUTE FUNCTION public.fulfilment_refuse_change();
"""
BACK = """
DROP TRIGGER redemption_append_only ON public.fulfilment_redemption;
DROP FUNCTION public.fulfilment_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("fulfilment", "0002_parcels_and_vouchers")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
