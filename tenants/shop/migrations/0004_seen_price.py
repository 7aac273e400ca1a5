from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_refunds")]
    operations = [
        migrations.AddField(
            model_name="cartline",
            name="seen_price",
            field=models.BigIntegerField(null=True, help_text="unit price when its owner last touched it"),
        ),
    ]
