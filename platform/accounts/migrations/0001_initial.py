import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("password", models.CharField(max_length=128)),
                ("last_login", models.DateTimeField(blank=True, null=True)),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(blank=True, default="", max_length=120)),
                ("phone", models.CharField(blank=True, default="", max_length=32)),
                ("language", models.CharField(blank=True, default="", max_length=16)),
                ("role", models.CharField(default="member", max_length=24)),
                ("supplier_id", models.UUIDField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("date_joined", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_unique"
                    ),
                    models.CheckConstraint(
                        condition=Q(role="supplier", supplier_id__isnull=False)
                        | ~Q(role="supplier") & Q(supplier_id__isnull=True),
                        name="user_supplier_iff_role",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(blank=True, default="", max_length=120)),
                ("role", models.CharField(max_length=24)),
                ("supplier_id", models.UUIDField(blank=True, null=True)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("invited_by", models.CharField(max_length=254)),
                ("invited_by_id", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        condition=Q(accepted_at=None, revoked_at=None),
                        name="invitation_one_open",
                    ),
                    models.CheckConstraint(
                        condition=Q(role="supplier", supplier_id__isnull=False)
                        | ~Q(role__in=["supplier", "member"]) & Q(supplier_id__isnull=True),
                        name="invitation_supplier_iff_role",
                    ),
                    models.CheckConstraint(
                        condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_ends_once"
                    ),
                ]
            },
        ),
    ]
