from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_fee_of_the_plan")]
    operations = [
        migrations.AddField(
            "tenant",
            "gateway",
            models.CharField(
                blank=True,
                default="",
                help_text="how members pay; empty: as the platform's settings say",
                max_length=20,
            ),
        )
    ]
