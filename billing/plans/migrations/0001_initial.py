from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("name", models.JSONField()),
                ("price", models.BigIntegerField()),
                ("currency", models.CharField(default="CNY", max_length=3)),
                ("fee_bp", models.PositiveIntegerField()),
                ("card_fee_bearer", models.CharField(default="platform", max_length=8)),
                ("card_fee_bp", models.PositiveIntegerField(default=0)),
                ("trial_days", models.PositiveSmallIntegerField(default=0)),
                ("members", models.PositiveIntegerField(blank=True, null=True)),
                ("orders", models.PositiveIntegerField(blank=True, null=True)),
                ("domains", models.PositiveIntegerField(blank=True, null=True)),
                ("api_calls", models.PositiveIntegerField(blank=True, null=True)),
                ("price_id", models.CharField(blank=True, default="", max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_offered", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ("position", "id"),
                "constraints": [
                    models.CheckConstraint(condition=Q(price__gte=0), name="plan_price_not_negative"),
                    models.CheckConstraint(condition=Q(fee_bp__lte=5000), name="plan_fee_bounded"),
                    models.CheckConstraint(condition=Q(card_fee_bp__lte=1000), name="plan_card_fee_bounded"),
                    models.CheckConstraint(
                        condition=Q(is_offered=False) | Q(price__gt=0), name="plan_offered_is_paid"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField(unique=True)),
                ("schema", models.CharField(db_index=True, max_length=63)),
                ("fee_bp", models.PositiveIntegerField(blank=True, null=True)),
                ("card_fee_bearer", models.CharField(blank=True, default="", max_length=8)),
                ("state", models.CharField(default="active", max_length=10)),
                ("customer_id", models.CharField(blank=True, default="", max_length=80)),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=Now())),
                ("trial_end", models.DateTimeField(null=True)),
                ("period_start", models.DateTimeField(null=True)),
                ("period_end", models.DateTimeField(null=True)),
                ("ends_at_period_end", models.BooleanField(default=False)),
                ("past_due_since", models.DateTimeField(null=True)),
                ("wanted_at", models.DateTimeField(null=True)),
                ("synced_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("plan", models.ForeignKey("plans.plan", models.PROTECT)),
                ("wanted_plan", models.ForeignKey("plans.plan", models.PROTECT, null=True, related_name="+")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(external_id__isnull=False) & ~Q(state="ended"),
                        fields=["synced_at"],
                        name="subscription_to_sync",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(fee_bp__isnull=True) | Q(fee_bp__lte=5000),
                        name="subscription_fee_bounded",
                    ),
                    models.CheckConstraint(
                        condition=Q(past_due_since__isnull=False, state="past_due")
                        | ~Q(state="past_due") & Q(past_due_since__isnull=True),
                        name="subscription_past_due_since",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("external_id", models.CharField(max_length=80, unique=True)),
                ("number", models.CharField(blank=True, default="", max_length=60)),
                ("state", models.CharField(max_length=14)),
                ("total", models.BigIntegerField()),
                ("paid", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("pdf_url", models.CharField(blank=True, default="", max_length=500)),
                ("page_url", models.CharField(blank=True, default="", max_length=500)),
                ("charge_id", models.CharField(blank=True, default="", max_length=80)),
                ("issued_at", models.DateTimeField()),
                ("paid_at", models.DateTimeField(null=True)),
                (
                    "subscription",
                    models.ForeignKey("plans.subscription", models.PROTECT, related_name="invoices"),
                ),
            ],
            options={
                "ordering": ("-issued_at", "-id"),
                "constraints": [
                    models.CheckConstraint(condition=Q(paid__gte=0), name="plan_invoice_paid_not_negative")
                ],
            },
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tenant_id", models.UUIDField()),
                ("metric", models.CharField(max_length=20)),
                ("month", models.DateField()),
                ("count", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "metric", "month"), name="plan_usage_once")
                ]
            },
        ),
    ]
