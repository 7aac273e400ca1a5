"""Search, licences, what may be sold, stock, reservations and the feed: see the files."""

from django.db import migrations

from kernel.database.sql_files import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [
        run_sql_files(
            __file__,
            "search/sql/search.sql",
            "products/sql/changes.sql",
            "licences/sql/licences.sql",
            "products/sql/for_sale.sql",
            "stock/sql/stock.sql",
            "stock/sql/reservations.sql",
            "stock/sql/hot_stock.sql",
            "allocations/sql/allocations.sql",
            "feed/sql/marks.sql",
            "feed/sql/documents.sql",
            "feed/sql/positions.sql",
        )
    ]
