"""Tell the guards of selection whose shop an order or a reservation belongs to."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION public.selection_tenant_of(schema_name name) RETURNS uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id FROM registry_tenant t WHERE t.schema_name = $1
$$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION public.selection_tenant_of(schema_name name) RETURNS uuid LANGUAGE sql STABLE
AS 'SELECT NULL::uuid';
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("selection", "0003_admission")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
