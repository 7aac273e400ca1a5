from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_disputes")]
    operations = [
        migrations.AddField(
            "payment",
            "gateway",
            models.CharField(default="stripe", help_text="see billing.payments.gateway", max_length=20),
        )
    ]
