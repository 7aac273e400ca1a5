"""Disputes: payments that the members' banks want back."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.ids import new_id

STATES = [
    ("needs_response", "Needs Response"),
    ("under_review", "Under Review"),
    ("won", "Won"),
    ("lost", "Lost"),
]


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_inbox_given_up")]
    operations = [
        migrations.CreateModel(
            "Dispute",
            [
                (
                    "id",
                    models.UUIDField(
                        primary_key=True,
                        default=new_id,
                        db_default=models.Func(function="uuidv7", output_field=models.UUIDField()),
                        editable=False,
                        serialize=False,
                    ),
                ),
                ("external_id", models.CharField(max_length=80, unique=True)),
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "reserved",
                    models.BigIntegerField(help_text="the part of it that cannot be refunded meanwhile"),
                ),
                (
                    "withdrawn",
                    models.BigIntegerField(default=0, help_text="taken off our balance at present"),
                ),
                ("fee", models.BigIntegerField(default=0, help_text="what the provider asks for it")),
                ("state", models.CharField(max_length=14, choices=STATES, default="needs_response")),
                (
                    "reason",
                    models.CharField(max_length=80, blank=True, default="", help_text="the provider's word"),
                ),
                ("evidence", models.TextField(blank=True, default="", help_text="what was answered")),
                ("respond_by", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(db_default=Now())),
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
        ),
        migrations.AddConstraint(
            "dispute",
            models.CheckConstraint(
                condition=Q(amount__gt=0, reserved__gte=0, reserved__lte=F("amount"), fee__gte=0)
                & Q(withdrawn__gte=0, withdrawn__lte=F("amount")),
                name="dispute_bounded",
            ),
        ),
        migrations.AddConstraint(
            "dispute",
            models.CheckConstraint(
                condition=Q(state__in=["won", "lost"], closed_at__isnull=False)
                | Q(state__in=["needs_response", "under_review"], closed_at__isnull=True),
                name="dispute_closed_at",
            ),
        ),
    ]
