"""Refunds of an order: what went back, and what each of them took from whom."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0002_only_admitted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderRefund",
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
                ("idempotency_key", models.CharField(max_length=160)),
                ("request_hash", models.CharField(max_length=64)),
                (
                    "cause",
                    models.CharField(
                        choices=[("refund", "Refund"), ("dispute", "Dispute")], default="refund", max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("requested", "Requested"), ("done", "Done"), ("failed", "Failed")],
                        default="requested",
                        max_length=9,
                    ),
                ),
                ("amount", models.BigIntegerField(help_text="all that goes back, freight included")),
                (
                    "freight",
                    models.JSONField(default=dict, help_text="supplier id -> freight that goes back"),
                ),
                (
                    "stops_goods",
                    models.BooleanField(default=True, help_text="units not sent yet will not be"),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("requested_by", models.CharField(max_length=200)),
                (
                    "payment_refund_id",
                    models.UUIDField(help_text="see billing.payments.Refund", null=True, unique=True),
                ),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="OrderRefundLine",
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
                ("quantity", models.PositiveIntegerField(default=0, help_text="0: a part of the price only")),
                ("amount", models.BigIntegerField()),
                ("cost", models.BigIntegerField(help_text="from the supplier")),
                ("fee", models.BigIntegerField(help_text="from the platform")),
                (
                    "shares",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="from each share, in their order; margin last",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveField(
            model_name="order",
            name="refund_reason",
        ),
        migrations.AddField(
            model_name="order",
            name="freight_refunded",
            field=models.BigIntegerField(default=0, help_text="the part of it that is freight"),
        ),
        migrations.AddField(
            model_name="order",
            name="refunded",
            field=models.BigIntegerField(default=0, help_text="refunds requested, on their way or done"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="refunded",
            field=models.BigIntegerField(default=0, help_text="goods paid that went or go back"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="refunded_quantity",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("freight_refunded__gte", 0),
                    ("freight_refunded__lte", models.F("freight")),
                    ("refunded__gte", models.F("freight_refunded")),
                    ("refunded__lte", models.F("total")),
                ),
                name="order_refund_bounded",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refunded"), _negated=True),
                    ("refunded", models.F("total")),
                    _connector="OR",
                ),
                name="order_refunded_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded__gte", 0),
                    (
                        "refunded__lte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("quantity"), "*", models.F("unit_price")
                            ),
                            "-",
                            models.F("reduction"),
                        ),
                    ),
                    ("refunded_quantity__lte", models.F("quantity")),
                ),
                name="order_line_refund_bounded",
            ),
        ),
        migrations.AddField(
            model_name="orderrefund",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="shop.order"
            ),
        ),
        migrations.AddField(
            model_name="orderrefundline",
            name="line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="shop.orderline"
            ),
        ),
        migrations.AddField(
            model_name="orderrefundline",
            name="refund",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="shop.orderrefund"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrefund",
            constraint=models.UniqueConstraint(fields=("order", "idempotency_key"), name="order_refund_once"),
        ),
        migrations.AddConstraint(
            model_name="orderrefund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="order_refund_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrefund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", False), ("state", "done")),
                    models.Q(models.Q(("state", "done"), _negated=True), ("done_at__isnull", True)),
                    _connector="OR",
                ),
                name="order_refund_done_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrefundline",
            constraint=models.UniqueConstraint(fields=("refund", "line"), name="order_refund_line_once"),
        ),
        migrations.AddConstraint(
            model_name="orderrefundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("cost__gte", 0), ("fee__gte", 0)),
                name="order_refund_line_not_negative",
            ),
        ),
    ]
