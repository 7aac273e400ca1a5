import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
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
                ("password", models.CharField(max_length=128)),
                ("last_login", models.DateTimeField(blank=True, null=True)),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(blank=True, default="", max_length=120)),
                ("phone", models.CharField(blank=True, default="", max_length=32)),
                ("language", models.CharField(blank=True, default="", max_length=16)),
                ("role", models.CharField(default="member", max_length=24)),
                ("supplier_id", models.UUIDField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("date_joined", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "supplier"), ("supplier_id__isnull", False)),
                            models.Q(
                                models.Q(("role", "supplier"), _negated=True), ("supplier_id__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="user_supplier_iff_role",
                    ),
                ]
            },
        )
    ]
