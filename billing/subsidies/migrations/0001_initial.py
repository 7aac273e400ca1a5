import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SubsidyBudget",
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
                ("name", models.CharField(max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "name"), name="subsidy_budget_name"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="subsidy_budget_named"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="SubsidyClaim",
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
                ("reference_id", models.UUIDField()),
                ("amount", models.BigIntegerField()),
                ("returned", models.BigIntegerField(db_default=0, default=0)),
                ("state", models.CharField(default="claimed", max_length=8)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="subsidies.subsidybudget",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("budget", "reference_id"), name="subsidy_claim_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="subsidy_claim_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned__gte", 0),
                            ("returned__lte", models.F("amount")),
                            models.Q(
                                models.Q(("state", "released"), _negated=True),
                                ("returned", models.F("amount")),
                                _connector="OR",
                            ),
                        ),
                        name="subsidy_claim_returned_bounded",
                    ),
                ]
            },
        ),
    ]
