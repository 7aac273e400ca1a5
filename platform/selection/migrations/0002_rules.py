"""Rounds, votes, gates and rulings, and the guards before products, stock and orders."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("selection", "0001_initial"), ("accounts", "0001_initial"), ("catalog", "0002_rules")]
    operations = [
        run_sql_files(
            __file__,
            "rounds/sql/clock.sql",
            "rounds/sql/append_only.sql",
            "rounds/sql/rounds.sql",
            "rounds/sql/votes.sql",
            "rounds/sql/gates.sql",
            "admission/sql/admission.sql",
            "admission/sql/rulings.sql",
            "proposals/sql/proposals.sql",
            "admission/sql/charters.sql",
            "admission/sql/sales.sql",
        )
    ]
