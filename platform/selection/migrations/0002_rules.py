"""Rounds, votes, gates and rulings, and the guards before products, stock and orders."""

from django.db import migrations

from kernel.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("selection", "0001_initial"), ("accounts", "0001_initial"), ("catalog", "0002_rules")]
    operations = [
        run_sql_files(
            __file__,
            "sql/clock.sql",
            "sql/append_only.sql",
            "sql/rounds.sql",
            "sql/votes.sql",
            "sql/gates.sql",
            "sql/admission.sql",
            "sql/rulings.sql",
            "sql/proposals.sql",
            "sql/charters.sql",
            "sql/sales.sql",
        )
    ]
