from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="BalanceLine",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("source", models.CharField(max_length=20)),
                ("external_id", models.CharField(max_length=80)),
                ("type", models.CharField(max_length=40)),
                ("amount", models.BigIntegerField()),
                ("fee", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("object_id", models.CharField(blank=True, default="", max_length=80)),
                ("reference", models.CharField(blank=True, default="", max_length=80)),
                ("created", models.DateTimeField()),
                (
                    "fee_transfer",
                    models.OneToOneField(
                        "ledger.transfer",
                        models.PROTECT,
                        db_constraint=False,
                        null=True,
                        related_name="fee_line",
                    ),
                ),
                (
                    "transfer",
                    models.OneToOneField(
                        "ledger.transfer",
                        models.PROTECT,
                        db_constraint=False,
                        null=True,
                        related_name="balance_line",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(transfer=None), fields=["created"], name="balance_line_unmatched"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "external_id"), name="balance_line_once"),
                    models.CheckConstraint(
                        condition=Q(fee_transfer__isnull=True) | ~Q(fee=0), name="balance_line_fee_has_amount"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("check_name", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=200)),
                ("facts", models.JSONField()),
                ("found_at", models.DateTimeField(db_default=Now())),
                ("last_seen_at", models.DateTimeField(db_default=Now())),
                ("closed_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, default="", max_length=10)),
                ("closed_by", models.CharField(blank=True, default="", max_length=200)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "answer",
                    models.ForeignKey(
                        "ledger.transfer",
                        models.PROTECT,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        related_name="+",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        "watch.balanceline",
                        models.PROTECT,
                        db_index=False,
                        null=True,
                        related_name="findings",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        "ledger.transfer",
                        models.PROTECT,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        related_name="+",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(condition=Q(closed_at=None), fields=["-id"], name="finding_open")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(closed_at=None),
                        fields=("check_name", "subject"),
                        name="finding_open_once",
                    ),
                    models.CheckConstraint(
                        condition=Q(closed_at__isnull=True, outcome="")
                        | Q(closed_at__isnull=False, outcome="mended")
                        | Q(answer__isnull=False)
                        & Q(closed_at__isnull=False)
                        & Q(outcome__in=["reversed", "corrected"])
                        & ~Q(reason="")
                        & ~Q(closed_by=""),
                        name="finding_answered_by_posting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sweep",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("kind", models.CharField(max_length=14)),
                ("asked_by", models.CharField(max_length=200)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField()),
                ("started_at", models.DateTimeField(db_default=Now())),
                ("finished_at", models.DateTimeField(null=True)),
                ("looked_at", models.PositiveIntegerField(default=0)),
                ("differences", models.PositiveIntegerField(default=0)),
            ],
            options={"indexes": [models.Index(fields=["kind", "-until"], name="sweep_latest")]},
        ),
    ]
