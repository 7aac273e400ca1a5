import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
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
                ("owner_kind", models.CharField(max_length=10)),
                ("owner_id", models.UUIDField()),
                ("kind", models.CharField(max_length=24)),
                ("currency", models.CharField(max_length=3)),
                ("may_go_negative", models.BooleanField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner_id", "kind", "tenant_id", "owner_kind", "currency"),
                        name="account_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "psp_clearing",
                                    "unapplied_receipt",
                                    "supplier_payable",
                                    "supplier_receivable",
                                    "platform_fee",
                                    "tenant_margin",
                                    "commission_pending",
                                    "commission_payable",
                                    "service_fee_payable",
                                    "tax_withheld",
                                    "deposit_liability",
                                    "withdrawal_in_flight",
                                    "subsidy_budget",
                                    "subsidy_claimed",
                                    "tenant_prepaid",
                                    "clawback_receivable",
                                    "psp_fee",
                                    "bank",
                                    "correction",
                                    "disputed",
                                ],
                            )
                        ),
                        name="account_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("owner_kind__in", ["platform", "tenant", "supplier", "member"])),
                        name="account_owner_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="account_currency_iso"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Transfer",
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
                ("kind", models.CharField(max_length=60)),
                ("idempotency_key", models.CharField(max_length=200)),
                ("payload_hash", models.BinaryField(max_length=32)),
                ("legs", models.SmallIntegerField()),
                ("subject_id", models.UUIDField(null=True)),
                ("rule_version", models.IntegerField(null=True)),
                ("occurred_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("subject_id__isnull", False)),
                        fields=["subject_id"],
                        name="transfer_subject",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "kind", "idempotency_key"), name="transfer_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("legs__gte", 2)), name="transfer_two_legs"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "transfer_id", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.SmallIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="ledger.account",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="ledger.transfer",
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["account", "transfer"], name="entry_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True), name="entry_not_zero"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="balance",
                        serialize=False,
                        to="ledger.account",
                    ),
                ),
                ("amount", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="balance_not_negative"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="checkpoint",
                        serialize=False,
                        to="ledger.account",
                    ),
                ),
                ("amount", models.BigIntegerField()),
                ("upto", models.UUIDField()),
                ("at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name="transfer",
            name="reverses",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="ledger.transfer",
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("reverses__isnull", False)), fields=["reverses"], name="transfer_reverses"
            ),
        ),
    ]
