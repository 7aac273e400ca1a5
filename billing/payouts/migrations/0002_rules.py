"""Halts are append-only; a withdrawal keeps its figures and its decision."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("payouts", "0001_initial"), ("kernel", "0002_rules"), ("accounts", "0001_initial")]
    operations = [
        run_sql_files(
            __file__,
            "halts/sql/halts.sql",
            "withdrawals/sql/withdrawals.sql",
        )
    ]
