from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CircleReading",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("day", models.DateField()),
                ("figures", models.JSONField()),
                ("currency", models.CharField(max_length=3)),
                ("alarms", ArrayField(models.CharField(max_length=20), default=list)),
                ("taken_at", models.DateTimeField(db_default=Now())),
                ("seen_by", models.CharField(blank=True, default="", max_length=200)),
                ("seen_note", models.CharField(blank=True, default="", max_length=300)),
                ("seen_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(seen_at__isnull=True) & ~Q(alarms=[]),
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
