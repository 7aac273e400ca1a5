import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_functions"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="admission",
            field=models.CharField(
                choices=[
                    ("free", "Free"),
                    ("needed", "Needed"),
                    ("passed", "Passed"),
                    ("refused", "Refused"),
                    ("recalled", "Recalled"),
                    ("delisted", "Delisted"),
                ],
                db_default="free",
                default="free",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="admitted_to",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(),
                db_default=[],
                default=list,
                editable=False,
                help_text="tenants whose own people passed it",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="barred_from",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(),
                db_default=[],
                default=list,
                editable=False,
                help_text="tenants whose own people have not",
            ),
        ),
    ]
