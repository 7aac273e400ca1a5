import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_append_only_audit")]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="done",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                db_default=[],
                default=list,
                help_text="handlers that ran",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="outboxevent",
            name="given_up",
            field=models.TextField(db_default="", default="", help_text="why a person ended it unhandled"),
        ),
    ]
