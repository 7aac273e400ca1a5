from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("name", models.JSONField()),
                ("about", models.JSONField(blank=True, default=dict)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        settings.AUTH_USER_MODEL,
                        models.CASCADE,
                        primary_key=True,
                        related_name="member",
                        serialize=False,
                    ),
                ),
                ("referral_code", models.CharField(max_length=12, unique=True)),
                ("bound_at", models.DateTimeField(blank=True, null=True)),
                ("bound_until", models.DateTimeField(blank=True, null=True)),
                ("bound_by", models.CharField(blank=True, default="", max_length=8)),
                ("roles", ArrayField(models.CharField(max_length=40), blank=True, default=list)),
                ("role_facts", models.JSONField(blank=True, default=dict)),
                ("role_losses", models.JSONField(blank=True, default=dict)),
                ("consents", ArrayField(models.CharField(max_length=8), blank=True, default=list)),
                ("consented_at", models.DateTimeField(blank=True, null=True)),
                ("transfer_offer", models.JSONField(blank=True, default=dict)),
                ("first_order_id", models.UUIDField(blank=True, null=True)),
                ("company_name", models.CharField(blank=True, default="", max_length=200)),
                ("company_number", models.CharField(blank=True, default="", max_length=40)),
                ("joined_at", models.DateTimeField(db_default=Now())),
                ("deposit_state", models.CharField(default="none", max_length=9)),
                ("deposit_id", models.UUIDField(null=True, unique=True)),
                ("deposit_payment_id", models.UUIDField(null=True)),
                ("deposit_amount", models.BigIntegerField(default=0)),
                (
                    "bound_to",
                    models.ForeignKey(
                        "agents.member", models.PROTECT, blank=True, null=True, related_name="fans"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(deposit_state="none")
                        | Q(deposit_amount__gt=0, deposit_id__isnull=False, deposit_payment_id__isnull=False),
                        name="member_deposit_complete",
                    ),
                    models.CheckConstraint(condition=~Q(bound_to=F("user")), name="member_not_bound_to_self"),
                    models.CheckConstraint(
                        condition=Q(consents=[]) | Q(consented_at__isnull=False), name="member_consented_at"
                    ),
                    models.CheckConstraint(
                        condition=Q(bound_at__isnull=True, bound_to__isnull=True)
                        | Q(bound_at__isnull=False, bound_to__isnull=False),
                        name="member_bound_at",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="DeviceSeen",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("device", models.CharField(max_length=43)),
                ("last_at", models.DateTimeField(db_default=Now())),
                ("member", models.ForeignKey("agents.member", models.CASCADE, related_name="devices")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("device", "member"), name="device_seen_once")]
            },
        ),
        migrations.CreateModel(
            name="Origin",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("code", models.CharField(max_length=12, unique=True)),
                ("kind", models.CharField(max_length=5)),
                ("title", models.CharField(max_length=120)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("owner", models.ForeignKey("agents.member", models.PROTECT, related_name="origins")),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="RulesVersion",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("document", models.JSONField()),
                ("source", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("findings", models.JSONField(default=list)),
                ("signed_off", models.JSONField(default=list)),
                ("effective_from", models.DateTimeField(db_default=Now())),
                ("activated_by", models.UUIDField(null=True)),
                ("activated_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(number__gt=0), name="rules_version_from_one")
                ]
            },
        ),
        migrations.CreateModel(
            name="Sale",
            fields=[
                ("order_id", models.UUIDField(primary_key=True, serialize=False)),
                ("order_number", models.CharField(max_length=24)),
                ("currency", models.CharField(max_length=3)),
                ("paid", models.BigIntegerField()),
                ("refunded", models.BigIntegerField(default=0)),
                ("rules_version", models.PositiveIntegerField()),
                ("facts", models.JSONField(default=dict)),
                ("suspicions", models.JSONField(default=list)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "buyer",
                    models.ForeignKey("agents.member", models.PROTECT, null=True, related_name="purchases"),
                ),
                (
                    "sharer",
                    models.ForeignKey("agents.member", models.PROTECT, null=True, related_name="sales"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["sharer", "-at"], name="sale_by_sharer")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(paid__gte=0, refunded__gte=0, refunded__lte=F("paid")),
                        name="sale_refund_bounded",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Earning",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("position", models.PositiveSmallIntegerField()),
                ("payee_kind", models.CharField(max_length=8)),
                ("kind", models.CharField(max_length=12)),
                ("earn_id", models.CharField(max_length=40)),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("amount", models.BigIntegerField()),
                ("portions", ArrayField(models.BigIntegerField())),
                ("clawed_back", models.BigIntegerField(default=0)),
                ("why", models.JSONField()),
                ("payee_why", models.JSONField()),
                ("state", models.CharField(default="pending", max_length=8)),
                ("payable_at", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                ("review_reasons", ArrayField(models.CharField(max_length=60), default=list)),
                (
                    "payee",
                    models.ForeignKey("agents.member", models.PROTECT, null=True, related_name="earnings"),
                ),
                ("sale", models.ForeignKey("agents.sale", models.PROTECT, related_name="earnings")),
            ],
            options={
                "ordering": ["sale", "position"],
                "indexes": [models.Index(fields=["payee", "-id"], name="earning_by_payee")],
                "constraints": [
                    models.UniqueConstraint(fields=("sale", "position"), name="earning_position"),
                    models.CheckConstraint(condition=Q(level__lte=2), name="earning_two_levels_at_most"),
                    models.CheckConstraint(
                        condition=Q(kind="margin", payee__isnull=True, payee_kind="tenant")
                        | Q(amount__gt=0, payee__isnull=False, payee_kind__in=["member", "company"]),
                        name="earning_payee",
                    ),
                    models.CheckConstraint(
                        condition=Q(kind__in=["commission", "margin"])
                        | Q(kind="service_fee", payee_kind="company"),
                        name="earning_service_fee_to_company",
                    ),
                    models.CheckConstraint(
                        condition=Q(kind="margin") | Q(clawed_back__gte=0, clawed_back__lte=F("amount")),
                        name="earning_clawed_back_bounded",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            released_at__isnull=True, state__in=["pending", "holding", "reversed", "refused"]
                        )
                        | Q(
                            payable_at__isnull=False,
                            released_at__isnull=False,
                            state__in=["payable", "reversed"],
                        ),
                        name="earning_released_at",
                    ),
                    models.CheckConstraint(
                        condition=~Q(state="holding") | Q(payable_at__isnull=False), name="earning_payable_at"
                    ),
                    models.CheckConstraint(
                        condition=Q(review_reasons=[]) | Q(state__in=["pending", "holding"]),
                        name="earning_under_review_waits",
                    ),
                    models.CheckConstraint(
                        condition=~Q(state="reversed") | Q(clawed_back=F("amount")),
                        name="earning_reversed_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskDone",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("state", models.CharField(default="reported", max_length=9)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("reported_at", models.DateTimeField(db_default=Now())),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("member", models.ForeignKey("agents.member", models.CASCADE, related_name="tasks")),
                ("task", models.ForeignKey("agents.task", models.PROTECT, related_name="done")),
            ],
            options={
                "indexes": [
                    models.Index(condition=Q(state="reported"), fields=["reported_at"], name="task_to_decide")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("task", "member"), name="task_done_once"),
                    models.CheckConstraint(
                        condition=Q(decided_at__isnull=True, state="reported")
                        | Q(decided_at__isnull=False, state__in=["confirmed", "refused"]),
                        name="task_decided_at",
                    ),
                ],
            },
        ),
    ]
