"""What a shop pays is said by its plan alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_tenant_of_schema"), ("plans", "0002_first_plans")]
    operations = [
        migrations.RemoveConstraint("tenant", "tenant_fee_bounded"),
        migrations.RemoveField("tenant", "platform_fee_bp"),
    ]
