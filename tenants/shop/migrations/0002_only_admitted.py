"""No line of any order for a product that has not passed where it has to: the database refuses it."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER only_admitted BEFORE INSERT ON shop_orderline
    FOR EACH ROW EXECUTE FUNCTION public.selection_guard_line();
"""
BACKWARD = "DROP TRIGGER only_admitted ON shop_orderline;"


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
