import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "__first__"), ("agents", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Listing",
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
                ("product_id", models.UUIDField(unique=True)),
                ("title", models.JSONField(blank=True, default=dict)),
                ("is_hidden", models.BooleanField(default=False)),
                ("is_extra", models.BooleanField(default=False)),
                ("featured", models.PositiveSmallIntegerField(default=0)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Assortment",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("rule", models.JSONField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="assortment_single")
                ]
            },
        ),
        migrations.CreateModel(
            name="Campaign",
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
                ("name", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("matrix_until", models.DateTimeField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "seller",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="agents.member",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__lte", models.F("matrix_until")),
                            ("starts_at__lte", models.F("ends_at")),
                        ),
                        name="campaign_times",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignGoods",
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
                ("variant_id", models.UUIDField()),
                ("allocation_id", models.UUIDField(unique=True)),
                ("price", models.BigIntegerField(null=True)),
                ("sell_off_price", models.BigIntegerField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="goods", to="shop.campaign"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("price", None), ("price__gt", 0), _connector="OR"),
                            models.Q(("sell_off_price", None), ("sell_off_price__gt", 0), _connector="OR"),
                        ),
                        name="campaign_goods_price",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Cart",
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
                ("device", models.CharField(max_length=64, null=True, unique=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cart",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("device__isnull", True), ("user__isnull", False)),
                            models.Q(("device__isnull", False), ("user__isnull", True)),
                            _connector="OR",
                        ),
                        name="cart_one_owner",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="CartLine",
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
                ("variant_id", models.UUIDField()),
                ("quantity", models.PositiveIntegerField()),
                ("seen_price", models.BigIntegerField(null=True)),
                (
                    "cart",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="shop.cart"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("cart", "variant_id"), name="cart_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0), ("quantity__lte", 999)),
                        name="cart_line_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GoodsSubsidy",
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
                ("budget_id", models.UUIDField()),
                ("amount", models.BigIntegerField()),
                (
                    "products",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list),
                ),
                (
                    "variants",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list),
                ),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["ends_at"],
                        name="goods_subsidy_running",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="goods_subsidy_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="goods_subsidy_window",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("products", []), _negated=True),
                            models.Q(("variants", []), _negated=True),
                            models.Q(("category", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="goods_subsidy_for_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListingPrice",
            fields=[
                ("variant_id", models.UUIDField(primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField()),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prices", to="shop.listing"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="listing_price_positive"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Order",
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
                ("number", models.CharField(max_length=24, unique=True)),
                ("channel", models.CharField(default="shop", max_length=6)),
                ("state", models.CharField(default="placed", max_length=10)),
                ("reference", models.CharField(blank=True, default="", max_length=80)),
                ("idempotency_key", models.CharField(max_length=120, unique=True)),
                ("request_hash", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("goods", models.BigIntegerField()),
                ("reduction", models.BigIntegerField(default=0)),
                ("subsidy", models.BigIntegerField(db_default=0, default=0)),
                ("packet", models.BigIntegerField(db_default=0, default=0)),
                ("freight", models.BigIntegerField(default=0)),
                ("fee", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField()),
                ("ship_to", models.JSONField(default=dict)),
                ("freight_parts", models.JSONField(default=dict)),
                ("rules_version", models.PositiveIntegerField(null=True)),
                ("chain", models.JSONField(default=dict)),
                ("payment_id", models.UUIDField(null=True)),
                ("placed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField(null=True)),
                ("paid_at", models.DateTimeField(null=True)),
                ("refunded", models.BigIntegerField(default=0)),
                ("freight_refunded", models.BigIntegerField(default=0)),
                (
                    "buyer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["buyer", "-placed_at"], name="order_by_buyer"),
                    models.Index(
                        condition=models.Q(("state", "placed")), fields=["expires_at"], name="order_expiry"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("freight_refunded__gte", 0),
                            ("freight_refunded__lte", models.F("freight")),
                            ("refunded__gte", models.F("freight_refunded")),
                            ("refunded__lte", models.F("total")),
                        ),
                        name="order_refund_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refunded"), _negated=True),
                            ("refunded", models.F("total")),
                            _connector="OR",
                        ),
                        name="order_refunded_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee__gte", 0),
                            ("freight__gte", 0),
                            ("goods__gte", 0),
                            ("packet__gte", 0),
                            ("reduction__gte", 0),
                            ("subsidy__gte", 0),
                            ("total__gte", 0),
                        ),
                        name="order_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("channel", "shop"),
                                (
                                    "total",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("goods"), "-", models.F("reduction")
                                                ),
                                                "-",
                                                models.F("subsidy"),
                                            ),
                                            "-",
                                            models.F("packet"),
                                        ),
                                        "+",
                                        models.F("freight"),
                                    ),
                                ),
                            ),
                            models.Q(
                                ("channel", "api"),
                                ("packet", 0),
                                ("subsidy", 0),
                                (
                                    "total",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("goods"), "-", models.F("reduction")
                                            ),
                                            "+",
                                            models.F("freight"),
                                        ),
                                        "+",
                                        models.F("fee"),
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="order_total_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["placed", "cancelled", "expired"]),
                            ("paid_at__isnull", False),
                            _connector="OR",
                        ),
                        name="order_paid_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel", "api"), ("buyer__isnull", False), _connector="OR"),
                        name="order_has_buyer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
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
                ("product_id", models.UUIDField()),
                ("variant_id", models.UUIDField()),
                ("supplier_id", models.UUIDField()),
                ("sku", models.CharField(blank=True, default="", max_length=120)),
                ("title", models.JSONField()),
                ("options", models.JSONField(default=list)),
                ("image", models.CharField(blank=True, default="", max_length=1000)),
                ("url", models.CharField(blank=True, default="", max_length=400)),
                ("kind", models.CharField(default="physical", max_length=10)),
                ("categories", models.JSONField(default=list)),
                ("tags", models.JSONField(default=list)),
                ("quantity", models.PositiveIntegerField()),
                ("unit_price", models.BigIntegerField()),
                ("reduction", models.BigIntegerField(default=0)),
                ("unit_cost", models.BigIntegerField()),
                ("subsidy", models.BigIntegerField(db_default=0, default=0)),
                ("subsidy_budget", models.UUIDField(null=True)),
                ("packet", models.BigIntegerField(db_default=0, default=0)),
                ("refunded", models.BigIntegerField(default=0)),
                ("refunded_quantity", models.PositiveIntegerField(default=0)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="shop.order"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refunded__gte", 0),
                            (
                                "refunded__lte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("quantity"), "*", models.F("unit_price")
                                            ),
                                            "-",
                                            models.F("reduction"),
                                        ),
                                        "-",
                                        models.F("subsidy"),
                                    ),
                                    "-",
                                    models.F("packet"),
                                ),
                            ),
                            ("refunded_quantity__lte", models.F("quantity")),
                        ),
                        name="order_line_refund_bounded",
                    ),
                    models.UniqueConstraint(fields=("order", "position"), name="order_line_position"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("packet__gte", 0),
                            ("quantity__gt", 0),
                            ("reduction__gte", 0),
                            ("subsidy__gte", 0),
                            ("unit_cost__gte", 0),
                            ("unit_price__gte", 0),
                        ),
                        name="order_line_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reduction__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("quantity"), "*", models.F("unit_price")
                                ),
                            )
                        ),
                        name="order_line_reduction_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("subsidy", 0), ("subsidy_budget__isnull", True)),
                            models.Q(("subsidy__gt", 0), ("subsidy_budget__isnull", False)),
                            _connector="OR",
                        ),
                        name="order_line_subsidy_has_budget",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderRefund",
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
                ("idempotency_key", models.CharField(max_length=160)),
                ("request_hash", models.CharField(max_length=64)),
                ("cause", models.CharField(default="refund", max_length=8)),
                ("state", models.CharField(default="requested", max_length=9)),
                ("amount", models.BigIntegerField()),
                ("freight", models.JSONField(default=dict)),
                ("stops_goods", models.BooleanField(default=True)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("requested_by", models.CharField(max_length=200)),
                ("payment_refund_id", models.UUIDField(null=True, unique=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="shop.order"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "idempotency_key"), name="order_refund_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="order_refund_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", False), ("state", "done")),
                            models.Q(models.Q(("state", "done"), _negated=True), ("done_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="order_refund_done_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderRefundLine",
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
                ("quantity", models.PositiveIntegerField(default=0)),
                ("amount", models.BigIntegerField()),
                ("cost", models.BigIntegerField()),
                ("fee", models.BigIntegerField()),
                ("subsidy", models.BigIntegerField(db_default=0, default=0)),
                ("packet", models.BigIntegerField(db_default=0, default=0)),
                (
                    "earnings",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="shop.orderline",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="shop.orderrefund",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("refund", "line"), name="order_refund_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gte", 0),
                            ("cost__gte", 0),
                            ("fee__gte", 0),
                            ("packet__gte", 0),
                            ("subsidy__gte", 0),
                        ),
                        name="order_refund_line_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RedPackets",
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
                ("budget_id", models.UUIDField()),
                ("name", models.CharField(max_length=80)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("audience", models.CharField(max_length=7)),
                ("origin_code", models.CharField(blank=True, default="", max_length=12)),
                ("amount", models.BigIntegerField()),
                ("min_spend", models.BigIntegerField()),
                ("made", models.PositiveIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("taken", models.PositiveIntegerField(default=0)),
                ("expires_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0), ("min_spend__gt", models.F("amount"))),
                        name="red_packets_less_than_spent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("made__gt", 0),
                            ("number__lte", models.F("made")),
                            ("taken__lte", models.F("number")),
                        ),
                        name="red_packets_taken_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "room"), models.Q(("origin_code", ""), _negated=True)),
                            models.Q(models.Q(("audience", "room"), _negated=True), ("origin_code", "")),
                            _connector="OR",
                        ),
                        name="red_packets_room_named",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="RedPacket",
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
                ("place", models.PositiveIntegerField()),
                ("state", models.CharField(default="free", max_length=7)),
                ("taken_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="red_packets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="red_packets",
                        to="shop.order",
                    ),
                ),
                (
                    "packets",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="given",
                        to="shop.redpackets",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("packets", "member"), name="red_packet_one_each"),
                    models.UniqueConstraint(fields=("packets", "place"), name="red_packet_place"),
                    models.UniqueConstraint(fields=("order",), name="red_packet_one_an_order"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("order__isnull", False), ("state__in", ["held", "used"])),
                            models.Q(("order__isnull", True), ("state__in", ["free", "expired"])),
                            _connector="OR",
                        ),
                        name="red_packet_order_iff_used",
                    ),
                ]
            },
        ),
    ]
