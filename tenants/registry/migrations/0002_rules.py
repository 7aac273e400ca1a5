"""Whose schema it is, for the guards of selection; how schemas are made and dropped."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("selection", "0002_rules")]
    operations = [
        run_sql_files(
            __file__,
            "sql/tenant_of_schema.sql",
            "sql/schemas.sql",
        )
    ]
