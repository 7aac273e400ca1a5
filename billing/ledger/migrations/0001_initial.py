from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("owner_kind", models.CharField(max_length=10)),
                ("owner_id", models.UUIDField()),
                ("kind", models.CharField(max_length=24)),
                ("currency", models.CharField(max_length=3)),
                ("may_go_negative", models.BooleanField()),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner_id", "kind", "tenant_id", "owner_kind", "currency"),
                        name="account_unique",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            kind__in=[
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
                                "foreign_refund",
                            ]
                        ),
                        name="account_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(owner_kind__in=["platform", "tenant", "supplier", "member"]),
                        name="account_owner_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(currency__regex="^[A-Z]{3}$"), name="account_currency_iso"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("kind", models.CharField(max_length=60)),
                ("idempotency_key", models.CharField(max_length=200)),
                ("payload_hash", models.BinaryField(max_length=32)),
                ("legs", models.SmallIntegerField()),
                ("subject_id", models.UUIDField(null=True)),
                ("rule_version", models.IntegerField(null=True)),
                ("occurred_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(subject_id__isnull=False), fields=["subject_id"], name="transfer_subject"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "kind", "idempotency_key"), name="transfer_once"
                    ),
                    models.CheckConstraint(condition=Q(legs__gte=2), name="transfer_two_legs"),
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
                        "ledger.account",
                        models.PROTECT,
                        db_constraint=False,
                        db_index=False,
                        related_name="entries",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        "ledger.transfer",
                        models.PROTECT,
                        db_constraint=False,
                        db_index=False,
                        related_name="entries",
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["account", "transfer"], name="entry_by_account")],
                "constraints": [models.CheckConstraint(condition=~Q(amount=0), name="entry_not_zero")],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        "ledger.account",
                        models.PROTECT,
                        db_constraint=False,
                        primary_key=True,
                        related_name="balance",
                        serialize=False,
                    ),
                ),
                ("amount", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(amount__gte=0), name="balance_not_negative")
                ]
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        "ledger.account",
                        models.PROTECT,
                        db_constraint=False,
                        primary_key=True,
                        related_name="checkpoint",
                        serialize=False,
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
                "ledger.transfer", models.PROTECT, db_constraint=False, db_index=False, null=True
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=Q(reverses__isnull=False), fields=["reverses"], name="transfer_reverses"
            ),
        ),
    ]
