from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", kernel.database.fields.IdField()),
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
                ("created_at", models.DateTimeField(db_default=Now())),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("next_try_at", models.DateTimeField(db_default=Now())),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("succeeded_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["reference_id"], name="payment_by_reference"),
                    models.Index(
                        condition=Q(state__in=["created", "requires_action", "processing"]),
                        fields=["next_try_at"],
                        name="payment_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
                    models.CheckConstraint(
                        condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="payment_refund_bounded"
                    ),
                    models.CheckConstraint(
                        condition=~Q(state="succeeded") | Q(succeeded_at__isnull=False),
                        name="payment_succeeded_at",
                    ),
                    models.UniqueConstraint(
                        condition=~Q(state__in=["failed", "cancelled"]),
                        fields=("purpose", "reference_id"),
                        name="payment_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", kernel.database.fields.IdField()),
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
                ("opened_at", models.DateTimeField(db_default=Now())),
                ("closed_at", models.DateTimeField(null=True)),
                ("taken_back_at", models.DateTimeField(null=True)),
                ("payment", models.ForeignKey("payments.payment", models.PROTECT, related_name="disputes")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(
                            amount__gt=0,
                            fee__gte=0,
                            reserved__gte=0,
                            reserved__lte=F("amount"),
                            withdrawn__gte=0,
                            withdrawn__lte=F("amount"),
                        ),
                        name="dispute_bounded",
                    ),
                    models.CheckConstraint(
                        condition=Q(closed_at__isnull=False, state__in=["won", "lost"])
                        | Q(closed_at__isnull=True, state__in=["needs_response", "under_review"]),
                        name="dispute_closed_at",
                    ),
                    models.CheckConstraint(
                        condition=Q(taken_back_at__isnull=True) | Q(state="lost"),
                        name="dispute_taken_back_if_lost",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("requested_by", models.CharField(max_length=200)),
                ("is_unapplied", models.BooleanField(default=False)),
                ("is_foreign", models.BooleanField(default=False)),
                ("idempotency_key", models.CharField(max_length=120)),
                ("state", models.CharField(default="requested", max_length=10)),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        "payments.payment", models.PROTECT, db_index=False, related_name="refunds"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(state__in=["requested", "sent"]),
                        fields=["next_try_at"],
                        name="refund_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("payment", "idempotency_key"), name="refund_once"),
                    models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
                ],
            },
        ),
    ]
