import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Plan",
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
                ("code", models.SlugField(max_length=40, unique=True)),
                ("name", models.JSONField()),
                ("price", models.BigIntegerField()),
                ("currency", models.CharField(default="CNY", max_length=3)),
                ("fee_bp", models.PositiveIntegerField()),
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
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)), name="plan_price_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fee_bp__lte", 5000)), name="plan_fee_bounded"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_offered", False), ("price__gt", 0), _connector="OR"),
                        name="plan_offered_is_paid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
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
                ("tenant_id", models.UUIDField(unique=True)),
                ("schema", models.CharField(db_index=True, max_length=63)),
                ("fee_bp", models.PositiveIntegerField(blank=True, null=True)),
                ("state", models.CharField(default="active", max_length=10)),
                ("customer_id", models.CharField(blank=True, default="", max_length=80)),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("trial_end", models.DateTimeField(null=True)),
                ("period_start", models.DateTimeField(null=True)),
                ("period_end", models.DateTimeField(null=True)),
                ("ends_at_period_end", models.BooleanField(default=False)),
                ("past_due_since", models.DateTimeField(null=True)),
                ("wanted_at", models.DateTimeField(null=True)),
                ("synced_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("plan", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="plans.plan")),
                (
                    "wanted_plan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="plans.plan",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("external_id__isnull", False), models.Q(("state", "ended"), _negated=True)
                        ),
                        fields=["synced_at"],
                        name="subscription_to_sync",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("fee_bp__isnull", True), ("fee_bp__lte", 5000), _connector="OR"),
                        name="subscription_fee_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("past_due_since__isnull", False), ("state", "past_due")),
                            models.Q(
                                models.Q(("state", "past_due"), _negated=True),
                                ("past_due_since__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="subscription_past_due_since",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
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
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="plans.subscription",
                    ),
                ),
            ],
            options={
                "ordering": ("-issued_at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("paid__gte", 0)), name="plan_invoice_paid_not_negative"
                    )
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
