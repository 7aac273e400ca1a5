import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Payment",
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
                ("schema", models.CharField(max_length=63)),
                ("gateway", models.CharField(default="stripe", max_length=20)),
                ("purpose", models.CharField(max_length=40)),
                ("reference_id", models.UUIDField()),
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("description", models.CharField(blank=True, default="", max_length=200)),
                ("state", models.CharField(default="created", max_length=16)),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("charge_id", models.CharField(blank=True, default="", max_length=80)),
                ("client_secret", models.CharField(blank=True, default="", max_length=1000)),
                ("payer", models.CharField(blank=True, default="", max_length=128)),
                ("turn", models.PositiveSmallIntegerField(default=0)),
                ("replaces", models.CharField(blank=True, default="", max_length=80)),
                ("next_action_url", models.CharField(blank=True, default="", max_length=500)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("error_code", models.CharField(blank=True, default="", max_length=60)),
                ("problem", models.CharField(blank=True, default="", max_length=300)),
                ("refunded", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("next_try_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("succeeded_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["reference_id"], name="payment_by_reference"),
                    models.Index(
                        condition=models.Q(("state__in", ["created", "requires_action", "processing"])),
                        fields=["next_try_at"],
                        name="payment_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="payment_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("refunded__gte", 0), ("refunded__lte", models.F("amount"))),
                        name="payment_refund_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "succeeded"), _negated=True),
                            ("succeeded_at__isnull", False),
                            _connector="OR",
                        ),
                        name="payment_succeeded_at",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["failed", "cancelled"]), _negated=True),
                        fields=("purpose", "reference_id"),
                        name="payment_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
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
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reserved", models.BigIntegerField()),
                ("withdrawn", models.BigIntegerField(default=0)),
                ("fee", models.BigIntegerField(default=0)),
                ("state", models.CharField(default="needs_response", max_length=14)),
                ("reason", models.CharField(blank=True, default="", max_length=80)),
                ("evidence", models.TextField(blank=True, default="")),
                ("respond_by", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0),
                            ("fee__gte", 0),
                            ("reserved__gte", 0),
                            ("reserved__lte", models.F("amount")),
                            ("withdrawn__gte", 0),
                            ("withdrawn__lte", models.F("amount")),
                        ),
                        name="dispute_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("state__in", ["won", "lost"])),
                            models.Q(
                                ("closed_at__isnull", True), ("state__in", ["needs_response", "under_review"])
                            ),
                            _connector="OR",
                        ),
                        name="dispute_closed_at",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Refund",
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
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("requested_by", models.CharField(max_length=200)),
                ("is_unapplied", models.BooleanField(default=False)),
                ("idempotency_key", models.CharField(max_length=120)),
                ("state", models.CharField(default="requested", max_length=10)),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["requested", "sent"])),
                        fields=["next_try_at"],
                        name="refund_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("payment", "idempotency_key"), name="refund_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="refund_positive"),
                ],
            },
        ),
    ]
