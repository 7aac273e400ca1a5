"""A version of the rules is append-only."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial"), ("kernel", "0002_rules")]
    operations = [
        run_sql_files(
            __file__,
            "rules_versions/sql/versions.sql",
        )
    ]
