import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Task",
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
                ("name", models.JSONField()),
                ("about", models.JSONField(blank=True, default=dict)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="member",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("referral_code", models.CharField(max_length=12, unique=True)),
                ("bound_at", models.DateTimeField(blank=True, null=True)),
                ("bound_until", models.DateTimeField(blank=True, null=True)),
                ("bound_by", models.CharField(blank=True, default="", max_length=8)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list
                    ),
                ),
                ("role_facts", models.JSONField(blank=True, default=dict)),
                ("role_losses", models.JSONField(blank=True, default=dict)),
                (
                    "consents",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8), blank=True, default=list
                    ),
                ),
                ("consented_at", models.DateTimeField(blank=True, null=True)),
                ("transfer_offer", models.JSONField(blank=True, default=dict)),
                ("first_order_id", models.UUIDField(blank=True, null=True)),
                ("company_name", models.CharField(blank=True, default="", max_length=200)),
                ("company_number", models.CharField(blank=True, default="", max_length=40)),
                ("joined_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("deposit_state", models.CharField(default="none", max_length=9)),
                ("deposit_id", models.UUIDField(null=True, unique=True)),
                ("deposit_payment_id", models.UUIDField(null=True)),
                ("deposit_amount", models.BigIntegerField(default=0)),
                (
                    "bound_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fans",
                        to="agents.member",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deposit_state", "none"),
                            models.Q(
                                ("deposit_amount__gt", 0),
                                ("deposit_id__isnull", False),
                                ("deposit_payment_id__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="member_deposit_complete",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bound_to", models.F("user")), _negated=True),
                        name="member_not_bound_to_self",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("consents", []), ("consented_at__isnull", False), _connector="OR"
                        ),
                        name="member_consented_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("bound_at__isnull", True), ("bound_to__isnull", True)),
                            models.Q(("bound_at__isnull", False), ("bound_to__isnull", False)),
                            _connector="OR",
                        ),
                        name="member_bound_at",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="DeviceSeen",
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
                ("device", models.CharField(max_length=43)),
                ("last_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to="agents.member",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("device", "member"), name="device_seen_once")]
            },
        ),
        migrations.CreateModel(
            name="Origin",
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
                ("code", models.CharField(max_length=12, unique=True)),
                ("kind", models.CharField(max_length=5)),
                ("title", models.CharField(max_length=120)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="origins",
                        to="agents.member",
                    ),
                ),
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
                (
                    "effective_from",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("activated_by", models.UUIDField(null=True)),
                ("activated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__gt", 0)), name="rules_version_from_one"
                    )
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
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "buyer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="agents.member",
                    ),
                ),
                (
                    "sharer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sales",
                        to="agents.member",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["sharer", "-at"], name="sale_by_sharer")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paid__gte", 0), ("refunded__gte", 0), ("refunded__lte", models.F("paid"))
                        ),
                        name="sale_refund_bounded",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Earning",
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
                ("position", models.PositiveSmallIntegerField()),
                ("payee_kind", models.CharField(max_length=8)),
                ("kind", models.CharField(max_length=12)),
                ("earn_id", models.CharField(max_length=40)),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("amount", models.BigIntegerField()),
                ("portions", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField())),
                ("clawed_back", models.BigIntegerField(default=0)),
                ("why", models.JSONField()),
                ("state", models.CharField(default="pending", max_length=8)),
                ("payable_at", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "review_reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list
                    ),
                ),
                (
                    "payee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earnings",
                        to="agents.member",
                    ),
                ),
                (
                    "sale",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="earnings", to="agents.sale"
                    ),
                ),
            ],
            options={
                "ordering": ["sale", "position"],
                "indexes": [models.Index(fields=["payee", "-id"], name="earning_by_payee")],
                "constraints": [
                    models.UniqueConstraint(fields=("sale", "position"), name="earning_position"),
                    models.CheckConstraint(
                        condition=models.Q(("level__lte", 2)), name="earning_two_levels_at_most"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "margin"), ("payee__isnull", True), ("payee_kind", "tenant")),
                            models.Q(
                                ("amount__gt", 0),
                                ("payee__isnull", False),
                                ("payee_kind__in", ["member", "company"]),
                            ),
                            _connector="OR",
                        ),
                        name="earning_payee",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["commission", "margin"]),
                            models.Q(("kind", "service_fee"), ("payee_kind", "company")),
                            _connector="OR",
                        ),
                        name="earning_service_fee_to_company",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "margin"),
                            models.Q(("clawed_back__gte", 0), ("clawed_back__lte", models.F("amount"))),
                            _connector="OR",
                        ),
                        name="earning_clawed_back_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("released_at__isnull", True),
                                ("state__in", ["pending", "held", "reversed", "refused"]),
                            ),
                            models.Q(
                                ("payable_at__isnull", False),
                                ("released_at__isnull", False),
                                ("state__in", ["payable", "reversed"]),
                            ),
                            _connector="OR",
                        ),
                        name="earning_released_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "held"), _negated=True),
                            ("payable_at__isnull", False),
                            _connector="OR",
                        ),
                        name="earning_payable_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("review_reasons", []), ("state__in", ["pending", "held"]), _connector="OR"
                        ),
                        name="earning_under_review_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "reversed"), _negated=True),
                            ("clawed_back", models.F("amount")),
                            _connector="OR",
                        ),
                        name="earning_reversed_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskDone",
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
                ("state", models.CharField(default="reported", max_length=9)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("reported_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="agents.member"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="done", to="agents.task"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "reported")),
                        fields=["reported_at"],
                        name="task_to_decide",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("task", "member"), name="task_done_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "reported")),
                            models.Q(("decided_at__isnull", False), ("state__in", ["confirmed", "refused"])),
                            _connector="OR",
                        ),
                        name="task_decided_at",
                    ),
                ],
            },
        ),
    ]
