"""What is append-only, and that the audit log is; what searches make of texts."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        run_sql_files(
            __file__,
            "sql/append_only.sql",
            "sql/audit.sql",
            "texts/sql/search_text.sql",
        )
    ]
