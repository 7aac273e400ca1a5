import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CircleReading",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=models.Func(function="uuidv7", output_field=models.UUIDField()),
                        default=kernel.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tenant_id", models.UUIDField()),
                ("day", models.DateField()),
                ("figures", models.JSONField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "alarms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list
                    ),
                ),
                ("taken_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("seen_by", models.CharField(blank=True, default="", max_length=200)),
                ("seen_note", models.CharField(blank=True, default="", max_length=300)),
                ("seen_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("seen_at__isnull", True), models.Q(("alarms", []), _negated=True)
                        ),
                        fields=["tenant_id", "-day"],
                        name="circle_alarm_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "day"), name="circle_reading_daily")
                ],
            },
        )
    ]
