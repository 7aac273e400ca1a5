import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="BalanceLine",
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
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fee_line",
                        to="ledger.transfer",
                    ),
                ),
                (
                    "transfer",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balance_line",
                        to="ledger.transfer",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("transfer", None)),
                        fields=["created"],
                        name="balance_line_unmatched",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "external_id"), name="balance_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee_transfer__isnull", True),
                            models.Q(("fee", 0), _negated=True),
                            _connector="OR",
                        ),
                        name="balance_line_fee_has_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
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
                ("check_name", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=200)),
                ("facts", models.JSONField()),
                ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("closed_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, default="", max_length=10)),
                ("closed_by", models.CharField(blank=True, default="", max_length=200)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "answer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.transfer",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="watch.balanceline",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.transfer",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("closed_at", None)), fields=["-id"], name="finding_open")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("check_name", "subject"),
                        name="finding_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("outcome", "")),
                            models.Q(("closed_at__isnull", False), ("outcome", "mended")),
                            models.Q(
                                ("answer__isnull", False),
                                ("closed_at__isnull", False),
                                ("outcome__in", ["reversed", "corrected"]),
                                models.Q(("reason", ""), _negated=True),
                                models.Q(("closed_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="finding_answered_by_posting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sweep",
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
                ("kind", models.CharField(max_length=14)),
                ("asked_by", models.CharField(max_length=200)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField()),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                ("looked_at", models.PositiveIntegerField(default=0)),
                ("differences", models.PositiveIntegerField(default=0)),
            ],
            options={"indexes": [models.Index(fields=["kind", "-until"], name="sweep_latest")]},
        ),
    ]
