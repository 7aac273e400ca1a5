from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SubsidyBudget",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("name", models.CharField(max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "name"), name="subsidy_budget_name"),
                    models.CheckConstraint(condition=~Q(name=""), name="subsidy_budget_named"),
                ]
            },
        ),
        migrations.CreateModel(
            name="SubsidyClaim",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("reference_id", models.UUIDField()),
                ("amount", models.BigIntegerField()),
                ("returned", models.BigIntegerField(db_default=0, default=0)),
                ("state", models.CharField(default="claimed", max_length=8)),
                ("at", models.DateTimeField(db_default=Now())),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "budget",
                    models.ForeignKey("subsidy_budgets.subsidybudget", models.PROTECT, related_name="claims"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("budget", "reference_id"), name="subsidy_claim_once"),
                    models.CheckConstraint(condition=Q(amount__gt=0), name="subsidy_claim_positive"),
                    models.CheckConstraint(
                        condition=Q(returned__gte=0)
                        & Q(returned__lte=F("amount"))
                        & (~Q(state="released") | Q(returned=F("amount"))),
                        name="subsidy_claim_returned_bounded",
                    ),
                ]
            },
        ),
    ]
