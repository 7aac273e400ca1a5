import uuid

from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

import billing.payouts.withdrawals.models
import kernel.database.fields
import kernel.files.private


class Migration(migrations.Migration):
    initial = True

    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="PayoutAccount",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField(default=uuid.UUID("00000000-0000-0000-0000-000000000000"))),
                ("owner_kind", models.CharField(max_length=10)),
                ("owner_id", models.UUIDField()),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=Now())),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("country", models.CharField(max_length=2)),
                ("state", models.CharField(default="pending", max_length=10)),
                ("requirements", models.JSONField(default=list)),
                ("disabled_reason", models.CharField(blank=True, default="", max_length=120)),
                ("fingerprint", models.CharField(blank=True, default="", max_length=120)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("replaced_at", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("balance_seen_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=~Q(fingerprint=""),
                        fields=["fingerprint", "tenant_id"],
                        name="account_by_fingerprint",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(replaced_at=None),
                        fields=("owner_id", "tenant_id", "owner_kind"),
                        name="payout_account_one_each",
                    ),
                    models.CheckConstraint(
                        condition=Q(state__in=["pending", "able", "restricted", "disabled"]),
                        name="payout_account_state_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(state="pending") | Q(external_id__isnull=False),
                        name="payout_account_opened",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            owner_kind="supplier", tenant_id=uuid.UUID("00000000-0000-0000-0000-000000000000")
                        )
                        | Q(owner_kind__in=["tenant", "member"])
                        & ~Q(tenant_id=uuid.UUID("00000000-0000-0000-0000-000000000000")),
                        name="payout_account_tenant",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankPayout",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
                ("method", models.CharField(max_length=8)),
                ("state", models.CharField(default="requested", max_length=9)),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=Now())),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("arrives_at", models.DateTimeField(null=True)),
                ("arrived_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey("payouts.payoutaccount", models.PROTECT, related_name="bank_payouts"),
                ),
                (
                    "replaced_by",
                    models.OneToOneField(
                        "payouts.bankpayout", models.PROTECT, null=True, related_name="replaces"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(state__in=["requested", "sent"]),
                        fields=["next_try_at"],
                        name="bank_payout_unfinished",
                    ),
                    models.Index(
                        condition=Q(replaced_by__isnull=True, state="failed"),
                        fields=["next_try_at"],
                        name="bank_payout_came_back",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=Q(amount__gt=0), name="bank_payout_positive"),
                    models.CheckConstraint(
                        condition=~Q(state="paid") | Q(arrived_at__isnull=False),
                        name="bank_payout_arrived_at",
                    ),
                    models.CheckConstraint(
                        condition=Q(replaced_by__isnull=True) | Q(state="failed"),
                        name="bank_payout_replaced_if_failed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutHold",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("reason", models.CharField(max_length=300)),
                ("placed_by", models.CharField(max_length=200)),
                ("placed_at", models.DateTimeField(db_default=Now())),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", models.CharField(blank=True, default="", max_length=200)),
                ("supplier", models.ForeignKey("catalog.supplier", models.PROTECT, related_name="holds")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(lifted_at=None), fields=("supplier",), name="payout_hold_one_in_force"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("owner_kind", models.CharField(max_length=10)),
                ("owner_id", models.UUIDField()),
                ("payee", models.CharField(max_length=200)),
                ("wallet", models.CharField(max_length=24)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
                ("fee", models.BigIntegerField(default=0)),
                ("tax", models.BigIntegerField(default=0)),
                ("net", models.BigIntegerField()),
                ("tax_year", models.PositiveSmallIntegerField()),
                ("tax_month", models.PositiveSmallIntegerField()),
                ("tax_basis", models.JSONField(default=dict)),
                ("invoice_number", models.CharField(blank=True, default="", max_length=60)),
                (
                    "invoice_file",
                    models.FileField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=200,
                        storage=kernel.files.private.papers,
                        upload_to=billing.payouts.withdrawals.models.invoice_path,
                    ),
                ),
                ("invoice_name", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("state", models.CharField(max_length=10)),
                ("needs_approval", models.BooleanField()),
                ("tie", models.CharField(blank=True, db_default="", default="", max_length=8)),
                ("idempotency_key", models.CharField(max_length=80)),
                ("requested_by", models.UUIDField()),
                ("requested_at", models.DateTimeField(db_default=Now())),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_by_label", models.CharField(blank=True, default="", max_length=200)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant_id", "owner_id", "-id"], name="withdrawal_by_owner"),
                    models.Index(
                        condition=Q(state="awaiting"), fields=["tenant_id"], name="withdrawal_to_approve"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "owner_id", "idempotency_key"), name="withdrawal_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            amount=F("net") + F("fee") + F("tax"),
                            amount__gt=0,
                            fee__gte=0,
                            net__gt=0,
                            tax__gte=0,
                        ),
                        name="withdrawal_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            wallet__in=["commission_payable", "service_fee_payable", "tenant_margin"]
                        ),
                        name="withdrawal_wallet_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(decided_by__isnull=True)
                        | ~Q(decided_by=F("requested_by")) & ~Q(decided_by=F("owner_id")),
                        name="withdrawal_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=Q(needs_approval=False)
                        | Q(decided_by__isnull=True, state="awaiting")
                        | Q(
                            decided_by__isnull=False,
                            state__in=["requested", "sent", "paid", "failed", "refused"],
                        ),
                        name="withdrawal_approved_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=~Q(owner_kind="tenant") | Q(tie="shop"), name="withdrawal_of_shop_is_tied"
                    ),
                    models.UniqueConstraint(
                        condition=~Q(invoice_number="") & ~Q(state__in=["failed", "refused"]),
                        fields=("tenant_id", "owner_id", "invoice_number"),
                        name="withdrawal_invoice_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("destination", models.CharField(max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("gross", models.BigIntegerField()),
                ("netted", models.BigIntegerField(default=0)),
                ("amount", models.BigIntegerField()),
                ("source_charge", models.CharField(blank=True, default="", max_length=80)),
                ("transfer_group", models.CharField(blank=True, default="", max_length=80)),
                ("state", models.CharField(default="requested", max_length=10)),
                ("external_id", models.CharField(max_length=80, null=True, unique=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=Now())),
                ("requested_at", models.DateTimeField(db_default=Now())),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("paid_at", models.DateTimeField(null=True)),
                ("key_round", models.PositiveSmallIntegerField(default=0)),
                ("is_prefunded", models.BooleanField(default=False)),
                (
                    "bank_payout",
                    models.ForeignKey(
                        "payouts.bankpayout", models.PROTECT, null=True, related_name="payouts"
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey("catalog.supplier", models.PROTECT, null=True, related_name="payouts"),
                ),
                (
                    "withdrawal",
                    models.OneToOneField(
                        "payouts.withdrawal", models.PROTECT, null=True, related_name="payout"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(state__in=["requested", "sent"]),
                        fields=["next_try_at"],
                        name="payout_unfinished",
                    ),
                    models.Index(
                        condition=Q(amount__gt=0, bank_payout__isnull=True, state="paid"),
                        fields=["destination", "currency"],
                        name="payout_not_in_bank",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(supplier__isnull=False, withdrawal__isnull=True)
                        | Q(supplier__isnull=True, withdrawal__isnull=False),
                        name="payout_for_one",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            amount=F("gross") - F("netted"), amount__gte=0, gross__gt=0, netted__gte=0
                        ),
                        name="payout_adds_up",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WithdrawalTerms",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("currency", models.CharField(max_length=3)),
                ("minimum", models.BigIntegerField()),
                ("fee", models.BigIntegerField()),
                ("approval_above", models.BigIntegerField()),
                ("set_by", models.UUIDField(null=True)),
                ("set_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["tenant_id", "currency"], name="withdrawal_terms_once"),
                    models.CheckConstraint(
                        condition=Q(approval_above__gte=0, fee__gte=0, minimum__gt=F("fee")),
                        name="withdrawal_terms_sane",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="PayoutHalt",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField(null=True)),
                ("reason", models.TextField()),
                ("found_by", models.CharField(max_length=200)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "lifts",
                    models.OneToOneField(
                        "payouts.payouthalt", models.PROTECT, null=True, related_name="lifted_by"
                    ),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=~Q(reason=""), name="halt_has_reason")]
            },
        ),
        migrations.CreateModel(
            name="Payable",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("supplier_order_id", models.UUIDField(unique=True)),
                ("order_id", models.UUIDField()),
                ("payment_id", models.UUIDField(null=True)),
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("settlement_policy", models.CharField(max_length=10)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("cancelled", models.BigIntegerField(default=0)),
                ("clawed_back", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("due_at", models.DateTimeField(null=True)),
                ("retry_at", models.DateTimeField(null=True)),
                ("blocked_by", models.CharField(blank=True, default="", max_length=60)),
                ("problem", models.CharField(blank=True, default="", max_length=300)),
                ("supplier", models.ForeignKey("catalog.supplier", models.PROTECT, related_name="payables")),
                (
                    "payout",
                    models.ForeignKey("payouts.payout", models.PROTECT, null=True, related_name="payables"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["order_id"], name="payable_by_order"),
                    models.Index(
                        condition=Q(state="due"), fields=["supplier", "currency"], name="payable_due"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(amount__gt=0, cancelled__gte=0), name="payable_positive"
                    ),
                    models.CheckConstraint(
                        condition=Q(clawed_back__gte=0, clawed_back__lte=F("amount")),
                        name="payable_clawed_back_bounded",
                    ),
                    models.CheckConstraint(
                        condition=Q(payout__isnull=False, state__in=["in_payout", "paid"])
                        | Q(payout__isnull=True, state__in=["waiting", "due", "cancelled"]),
                        name="payable_payout_iff_paid",
                    ),
                ],
            },
        ),
    ]
