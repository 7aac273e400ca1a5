"""No line of an order for a product that may not be sold."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        run_sql_files(
            __file__,
            "orders/sql/lines.sql",
        )
    ]
