import django_tenants.postgresql_backend.base
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ReadySchema",
            fields=[
                ("schema_name", models.CharField(max_length=63, primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            name="SchemaScript",
            fields=[
                ("fingerprint", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("statements", models.JSONField()),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            name="Tenant",
            fields=[
                (
                    "schema_name",
                    models.CharField(
                        db_index=True,
                        max_length=63,
                        unique=True,
                        validators=[django_tenants.postgresql_backend.base._check_schema_name],
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.JSONField()),
                ("state", models.CharField(default="active", max_length=10)),
                ("preset", models.CharField(blank=True, default="", max_length=40)),
                ("locale", models.CharField(default="zh-hans", max_length=16)),
                ("currency", models.CharField(default="CNY", max_length=3)),
                ("timezone", models.CharField(default="Asia/Shanghai", max_length=64)),
                ("gateway", models.CharField(blank=True, default="", max_length=20)),
                ("blueprint_hash", models.CharField(default="", max_length=64)),
                ("fingerprint", models.CharField(default="", max_length=64)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Domain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("domain", models.CharField(db_index=True, max_length=253, unique=True)),
                ("is_primary", models.BooleanField(db_index=True, default=True)),
                ("tenant", models.ForeignKey("registry.tenant", models.CASCADE, related_name="domains")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(is_primary=True), fields=("tenant",), name="domain_one_primary"
                    )
                ]
            },
        ),
    ]
