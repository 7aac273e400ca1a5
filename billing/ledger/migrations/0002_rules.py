"""Posting, and what the ledger refuses."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("kernel", "0002_rules")]
    operations = [
        run_sql_files(
            __file__,
            "sql/posting.sql",
            "sql/entries.sql",
            "sql/transfers.sql",
            "sql/append_only.sql",
            "sql/balances.sql",
            "sql/checkpoints.sql",
        )
    ]
