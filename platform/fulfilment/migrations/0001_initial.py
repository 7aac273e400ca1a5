from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [("catalog", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("number", models.CharField(max_length=48, unique=True)),
                ("schema", models.CharField(max_length=63)),
                ("tenant_id", models.UUIDField()),
                ("order_id", models.UUIDField()),
                ("member_id", models.UUIDField()),
                ("member_name", models.CharField(max_length=120)),
                ("wish", models.CharField(max_length=8)),
                ("units", models.JSONField(default=dict)),
                ("amount", models.BigIntegerField(null=True)),
                ("state", models.CharField(default="supplier", max_length=10)),
                ("outcome", models.CharField(blank=True, default="", max_length=9)),
                ("offered", models.CharField(blank=True, default="", max_length=8)),
                ("return_to", models.JSONField(default=dict)),
                ("return_parcel", models.JSONField(default=dict)),
                ("replacement", models.JSONField(default=dict)),
                ("step", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(db_default=Now())),
                ("closed_at", models.DateTimeField(null=True)),
                ("supplier", models.ForeignKey("catalog.supplier", models.PROTECT, related_name="cases")),
            ],
        ),
        migrations.CreateModel(
            name="CaseMessage",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("side", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=120)),
                ("event", models.CharField(blank=True, default="", max_length=20)),
                ("text", models.TextField(blank=True, default="")),
                ("details", models.JSONField(default=dict)),
                ("at", models.DateTimeField(db_default=Now())),
                ("case", models.ForeignKey("fulfilment.case", models.PROTECT, related_name="messages")),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="CasePicture",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("path", models.CharField(max_length=200)),
                (
                    "message",
                    models.ForeignKey("fulfilment.casemessage", models.PROTECT, related_name="pictures"),
                ),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="DirectoryCard",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("schema", models.CharField(blank=True, default="", max_length=63)),
                ("member_id", models.UUIDField(null=True)),
                ("name", models.CharField(max_length=80)),
                ("about", models.CharField(blank=True, default="", max_length=500)),
                ("contact", models.CharField(max_length=120)),
                ("is_open", models.BooleanField(default=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "supplier",
                    models.OneToOneField("catalog.supplier", models.PROTECT, null=True, related_name="card"),
                ),
            ],
            options={"ordering": ["-updated_at"]},
        ),
        migrations.CreateModel(
            name="ContactRequest",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("state", models.CharField(default="requested", max_length=9)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "recipient",
                    models.ForeignKey(
                        "fulfilment.directorycard", models.CASCADE, related_name="received_requests"
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        "fulfilment.directorycard", models.CASCADE, related_name="sent_requests"
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="Fair",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("title", models.JSONField()),
                ("about", models.JSONField(blank=True, default=dict)),
                ("place", models.CharField(max_length=300)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("is_published", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["starts_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(ends_at__gt=F("starts_at")), name="fair_ends_after_start"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FairGuest",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("brings", models.CharField(blank=True, default="", max_length=300)),
                ("card", models.ForeignKey("fulfilment.directorycard", models.CASCADE, related_name="fairs")),
                ("fair", models.ForeignKey("fulfilment.fair", models.CASCADE, related_name="guests")),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="SupplierOrder",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("schema", models.CharField(max_length=63)),
                ("tenant_id", models.UUIDField()),
                ("order_id", models.UUIDField()),
                ("kind", models.CharField(default="sale", max_length=8)),
                ("delivery", models.CharField(default="parcel", max_length=8)),
                ("number", models.CharField(max_length=40, unique=True)),
                ("state", models.CharField(default="to_ship", max_length=10)),
                ("shop_name", models.CharField(max_length=120)),
                ("ship_to", models.JSONField()),
                ("currency", models.CharField(max_length=3)),
                ("cost", models.BigIntegerField()),
                ("freight", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("shipped_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField(null=True)),
                ("supplier", models.ForeignKey("catalog.supplier", models.PROTECT, related_name="orders")),
            ],
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("carrier", models.CharField(max_length=60)),
                ("tracking_number", models.CharField(max_length=60)),
                ("contents", models.JSONField(default=dict)),
                ("shipped_at", models.DateTimeField(db_default=Now())),
                (
                    "supplier_order",
                    models.ForeignKey("fulfilment.supplierorder", models.CASCADE, related_name="shipments"),
                ),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.AddField(
            model_name="case",
            name="supplier_order",
            field=models.ForeignKey("fulfilment.supplierorder", models.PROTECT, related_name="cases"),
        ),
        migrations.CreateModel(
            name="SupplierOrderLine",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("variant_id", models.UUIDField()),
                ("sku", models.CharField(blank=True, default="", max_length=120)),
                ("title", models.JSONField()),
                ("options", models.JSONField(default=list)),
                ("quantity", models.PositiveIntegerField()),
                ("unit_cost", models.BigIntegerField()),
                ("shipped", models.PositiveIntegerField(default=0)),
                ("cancelled", models.PositiveIntegerField(default=0)),
                ("refunding", models.PositiveIntegerField(default=0)),
                (
                    "supplier_order",
                    models.ForeignKey("fulfilment.supplierorder", models.CASCADE, related_name="lines"),
                ),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="Voucher",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("position", models.PositiveIntegerField()),
                ("schema", models.CharField(max_length=63)),
                ("tenant_id", models.UUIDField()),
                ("order_id", models.UUIDField()),
                ("code", models.CharField(max_length=16, unique=True)),
                ("title", models.JSONField()),
                ("uses", models.PositiveSmallIntegerField(default=1)),
                ("redeemed", models.PositiveSmallIntegerField(default=0)),
                ("refunded", models.PositiveSmallIntegerField(default=0)),
                ("refunding", models.PositiveSmallIntegerField(default=0)),
                ("lapsed", models.PositiveSmallIntegerField(default=0)),
                ("refund_on_expiry", models.BooleanField(default=True)),
                ("issued_at", models.DateTimeField(db_default=Now())),
                ("expires_at", models.DateTimeField()),
                (
                    "line",
                    models.ForeignKey(
                        "fulfilment.supplierorderline", models.PROTECT, related_name="vouchers"
                    ),
                ),
                ("supplier", models.ForeignKey("catalog.supplier", models.PROTECT, related_name="vouchers")),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="RefundReservation",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("cause_id", models.UUIDField()),
                ("units", models.PositiveIntegerField()),
                (
                    "line",
                    models.ForeignKey(
                        "fulfilment.supplierorderline", models.PROTECT, related_name="refund_reservations"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        "fulfilment.voucher", models.PROTECT, null=True, related_name="refund_reservations"
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("uses", models.SmallIntegerField()),
                ("idempotency_key", models.CharField(max_length=120, unique=True)),
                ("by", models.CharField(max_length=200)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "voucher",
                    models.ForeignKey("fulfilment.voucher", models.PROTECT, related_name="redemptions"),
                ),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.AddConstraint(
            model_name="directorycard",
            constraint=models.UniqueConstraint(
                fields=("schema", "member_id"), name="directory_card_once_a_member"
            ),
        ),
        migrations.AddConstraint(
            model_name="directorycard",
            constraint=models.CheckConstraint(
                condition=Q(member_id__isnull=True, schema="", supplier__isnull=False)
                | Q(member_id__isnull=False) & Q(supplier__isnull=True) & ~Q(schema=""),
                name="directory_card_one_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactrequest",
            constraint=models.UniqueConstraint(fields=("sender", "recipient"), name="contact_request_once"),
        ),
        migrations.AddConstraint(
            model_name="contactrequest",
            constraint=models.CheckConstraint(
                condition=~Q(sender=F("recipient")), name="contact_request_of_two"
            ),
        ),
        migrations.AddConstraint(
            model_name="fairguest",
            constraint=models.UniqueConstraint(fields=("fair", "card"), name="fair_guest_once"),
        ),
        migrations.AddIndex(
            model_name="supplierorder",
            index=models.Index(fields=["supplier", "state", "-id"], name="supplier_order_queue"),
        ),
        migrations.AddConstraint(
            model_name="supplierorder",
            constraint=models.UniqueConstraint(
                fields=("order_id", "supplier", "delivery"), name="supplier_order_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierorder",
            constraint=models.CheckConstraint(
                condition=Q(cost__gte=0, freight__gte=0), name="supplier_order_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.UniqueConstraint(
                fields=("supplier_order", "carrier", "tracking_number"), name="shipment_once"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["supplier", "state", "due_at"], name="case_by_supplier"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["tenant_id", "state", "due_at"], name="case_by_tenant"),
        ),
        migrations.AddIndex(model_name="case", index=models.Index(fields=["order_id"], name="case_by_order")),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=~Q(state="closed"), fields=("supplier_order",), name="case_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=Q(closed_at__isnull=False) & Q(state="closed") & ~Q(outcome="")
                | ~Q(state="closed") & Q(closed_at__isnull=True) & Q(outcome=""),
                name="case_closed_with_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0), name="case_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierorderline",
            constraint=models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_cost__gte=0), name="supplier_line_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierorderline",
            constraint=models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped") + F("cancelled") + F("refunding")),
                name="supplier_line_bounded",
            ),
        ),
        migrations.AddIndex(
            model_name="voucher", index=models.Index(fields=["order_id"], name="voucher_by_order")
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(fields=["supplier", "expires_at"], name="voucher_by_supplier"),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.UniqueConstraint(fields=("line", "position"), name="voucher_once"),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=Q(
                    uses__gt=0, uses__gte=F("redeemed") + F("refunded") + F("refunding") + F("lapsed")
                ),
                name="voucher_uses_bounded",
            ),
        ),
        migrations.AddIndex(
            model_name="refundreservation",
            index=models.Index(fields=["cause_id"], name="refund_reservation_by_cause"),
        ),
        migrations.AddConstraint(
            model_name="refundreservation",
            constraint=models.CheckConstraint(condition=Q(units__gt=0), name="refund_reservation_not_empty"),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(condition=~Q(uses=0), name="redemption_not_zero"),
        ),
    ]
