"""Redemptions and what was said in a case are append-only."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("fulfilment", "0001_initial"), ("kernel", "0002_rules")]
    operations = [
        run_sql_files(
            __file__,
            "vouchers/sql/redemptions.sql",
            "cases/sql/messages.sql",
        )
    ]
