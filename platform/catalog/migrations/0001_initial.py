import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

import catalog.importing.models
import catalog.licences.models
import kernel.database.fields
import kernel.files.private


class Migration(migrations.Migration):
    initial = True

    dependencies = [("kernel", "0003_characters")]

    operations = [
        # In "public", where every tenant's search path finds it; the index on search_text needs it.
        migrations.RunSQL(
            sql="CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;"
            "CREATE EXTENSION IF NOT EXISTS fuzzystrmatch WITH SCHEMA public",
            reverse_sql="",
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("campaign_id", models.UUIDField()),
                ("holder", models.UUIDField(null=True)),
                ("sellers", ArrayField(models.UUIDField(), default=list)),
                ("units", models.IntegerField()),
                ("own", models.IntegerField()),
                ("open", models.IntegerField(default=0)),
                ("reserved", models.IntegerField(default=0)),
                ("sold", models.IntegerField(default=0)),
                ("returned", models.IntegerField(default=0)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("matrix_until", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CatalogueChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField(db_default=1, default=1)),
                ("products", ArrayField(models.UUIDField(), null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FeedEntry",
            fields=[
                ("product_id", models.UUIDField(primary_key=True, serialize=False)),
                ("position", models.BigIntegerField(unique=True)),
                ("is_deleted", models.BooleanField(default=False)),
                ("for_sale", models.BooleanField(default=False)),
                ("document", models.JSONField(null=True)),
                ("stock", models.JSONField(null=True)),
                ("changed_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            name="FeedMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=1)),
                ("key", models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name="SellingPoint",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("slug", models.SlugField(allow_unicode=True, max_length=80, unique=True)),
                ("name", models.JSONField()),
            ],
            options={"ordering": ["slug"]},
        ),
        migrations.CreateModel(
            name="ShippingTemplate",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("name", models.CharField(max_length=80)),
                ("measure", models.CharField(default="units", max_length=6)),
                ("is_default", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.JSONField()),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "required_licences",
                    ArrayField(models.CharField(max_length=12), blank=True, db_default=[], default=list),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        "catalog.category", models.PROTECT, blank=True, null=True, related_name="children"
                    ),
                ),
            ],
            options={"ordering": ["position", "slug"]},
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("slug", models.SlugField(allow_unicode=True, max_length=60, unique=True)),
                ("code", models.CharField(blank=True, default="", max_length=63)),
                ("name", models.JSONField()),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "parent",
                    models.ForeignKey(
                        "catalog.region", models.PROTECT, blank=True, null=True, related_name="children"
                    ),
                ),
            ],
            options={"ordering": ["position", "slug"]},
        ),
        migrations.CreateModel(
            name="Branch",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("name", models.JSONField()),
                ("people", ArrayField(models.UUIDField(), blank=True, default=list)),
                ("is_active", models.BooleanField(default=True)),
                ("region", models.ForeignKey("catalog.region", models.PROTECT, related_name="branches")),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("handle", models.SlugField(allow_unicode=True, db_index=False, max_length=200)),
                ("kind", models.CharField(default="physical", max_length=10)),
                ("status", models.CharField(default="active", max_length=10)),
                ("title", models.JSONField()),
                ("description", models.JSONField(default=dict)),
                ("vendor", models.CharField(blank=True, default="", max_length=200)),
                ("tags", ArrayField(models.CharField(max_length=80), blank=True, default=list)),
                ("region", models.CharField(blank=True, default="", max_length=80)),
                ("options", models.JSONField(default=list)),
                ("voucher", models.JSONField(blank=True, db_default={}, default=dict)),
                ("licensed_until", models.DateField(editable=False, null=True)),
                ("search_text", models.TextField(default="", editable=False)),
                ("search_grams", ArrayField(models.TextField(), db_default=[], default=list, editable=False)),
                (
                    "admission",
                    models.CharField(db_default="free", default="free", editable=False, max_length=10),
                ),
                ("admitted_to", ArrayField(models.UUIDField(), db_default=[], default=list, editable=False)),
                ("barred_from", ArrayField(models.UUIDField(), db_default=[], default=list, editable=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "category",
                    models.ForeignKey(
                        "catalog.category", models.PROTECT, blank=True, null=True, related_name="products"
                    ),
                ),
                (
                    "local_to",
                    models.ForeignKey(
                        "catalog.region", models.PROTECT, blank=True, null=True, related_name="products"
                    ),
                ),
                (
                    "selling_points",
                    models.ManyToManyField(blank=True, related_name="products", to="catalog.sellingpoint"),
                ),
                (
                    "shipping_template",
                    models.ForeignKey(
                        "catalog.shippingtemplate",
                        models.SET_NULL,
                        blank=True,
                        null=True,
                        related_name="products",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("sku", models.CharField(blank=True, default="", max_length=120)),
                ("barcode", models.CharField(blank=True, default="", max_length=64)),
                ("options", ArrayField(models.CharField(max_length=200), default=list)),
                ("weight_grams", models.PositiveIntegerField(default=0)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "product",
                    models.ForeignKey(
                        "catalog.product", models.CASCADE, db_index=False, related_name="variants"
                    ),
                ),
            ],
            options={"ordering": ["position", "id"]},
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("reference", models.UUIDField()),
                ("from_open", models.BooleanField(db_default=False, default=False)),
                ("quantity", models.PositiveIntegerField()),
                ("state", models.CharField(db_default="reserved", default="reserved", max_length=10)),
                ("expires_at", models.DateTimeField()),
                (
                    "allocation",
                    models.ForeignKey(
                        "catalog.allocation", models.PROTECT, null=True, related_name="reservations"
                    ),
                ),
                ("variant", models.ForeignKey("catalog.variant", models.PROTECT)),
            ],
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("currency", models.CharField(max_length=3)),
                ("cost", models.BigIntegerField()),
                ("suggested", models.BigIntegerField()),
                ("minimum", models.BigIntegerField(default=0)),
                ("compare_at", models.BigIntegerField(blank=True, null=True)),
                (
                    "variant",
                    models.ForeignKey(
                        "catalog.variant", models.CASCADE, db_index=False, related_name="prices"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("position", models.PositiveSmallIntegerField(default=1)),
                ("url", models.CharField(max_length=1000)),
                ("alt", models.JSONField(default=dict)),
                (
                    "widths",
                    ArrayField(models.PositiveSmallIntegerField(), blank=True, db_default=[], default=list),
                ),
                (
                    "product",
                    models.ForeignKey(
                        "catalog.product", models.CASCADE, db_index=False, related_name="media"
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        "catalog.variant", models.SET_NULL, blank=True, null=True, related_name="media"
                    ),
                ),
            ],
            options={"ordering": ["position", "id"]},
        ),
        migrations.AddField(
            model_name="allocation",
            name="variant",
            field=models.ForeignKey("catalog.variant", models.PROTECT, related_name="allocations"),
        ),
        migrations.CreateModel(
            name="StockToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                (
                    "variant",
                    models.ForeignKey("catalog.variant", models.CASCADE, db_constraint=False, db_index=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Supplier",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("name", models.JSONField()),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                ("region", models.CharField(blank=True, default="", max_length=80)),
                ("country", models.CharField(default="CN", max_length=2)),
                ("timezone", models.CharField(default="Asia/Shanghai", max_length=64)),
                ("required_licences", ArrayField(models.CharField(max_length=12), blank=True, default=list)),
                ("settlement_policy", models.CharField(default="shipped", max_length=10)),
                ("currency", models.CharField(default="CNY", max_length=3)),
                ("freight", models.BigIntegerField(default=0)),
                ("freight_free_from", models.BigIntegerField(blank=True, null=True)),
                ("handling_days", models.PositiveSmallIntegerField(default=2)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "branch",
                    models.ForeignKey(
                        "catalog.branch", models.PROTECT, blank=True, null=True, related_name="suppliers"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="shippingtemplate",
            name="supplier",
            field=models.ForeignKey("catalog.supplier", models.CASCADE, related_name="shipping_templates"),
        ),
        migrations.AddField(
            model_name="product",
            name="supplier",
            field=models.ForeignKey(
                "catalog.supplier", models.PROTECT, db_index=False, related_name="products"
            ),
        ),
        migrations.CreateModel(
            name="Licence",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("kind", models.CharField(max_length=12)),
                ("number", models.CharField(max_length=80)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("expires_on", models.DateField(blank=True, null=True)),
                (
                    "file",
                    models.FileField(
                        blank=True,
                        max_length=200,
                        storage=kernel.files.private.papers,
                        upload_to=catalog.licences.models.licence_path,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("supplier", models.ForeignKey("catalog.supplier", models.CASCADE, related_name="licences")),
            ],
            options={"ordering": ["kind", "-expires_on"]},
        ),
        migrations.CreateModel(
            name="ColumnMapping",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("columns", models.JSONField()),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "supplier",
                    models.ForeignKey(
                        "catalog.supplier", models.CASCADE, db_index=False, related_name="column_mappings"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["supplier", "fingerprint"], name="column_mapping_unique")
                ]
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("format", models.CharField(max_length=12)),
                ("currency", models.CharField(max_length=3)),
                ("cost_bp", models.PositiveIntegerField(default=6000)),
                ("encoding", models.CharField(blank=True, default="", max_length=20)),
                ("columns", models.JSONField(default=dict)),
                ("answers", models.JSONField(default=dict)),
                ("name", models.CharField(max_length=200)),
                (
                    "file",
                    models.FileField(
                        max_length=200,
                        storage=kernel.files.private.papers,
                        upload_to=catalog.importing.models.import_path,
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("state", models.CharField(default="checking", max_length=8)),
                ("report", models.JSONField(default=dict)),
                ("fault", models.JSONField(default=dict)),
                ("asked_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("category", models.ForeignKey("catalog.category", models.PROTECT, blank=True, null=True)),
                ("supplier", models.ForeignKey("catalog.supplier", models.PROTECT, related_name="imports")),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="ShippingRate",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("regions", ArrayField(models.CharField(max_length=60), blank=True, default=list)),
                ("is_served", models.BooleanField(default=True)),
                ("first", models.PositiveIntegerField(default=1)),
                ("first_amount", models.BigIntegerField(default=0)),
                ("additional", models.PositiveIntegerField(default=1)),
                ("additional_amount", models.BigIntegerField(default=0)),
                ("free_from", models.BigIntegerField(blank=True, null=True)),
                ("days_min", models.PositiveSmallIntegerField(default=2)),
                ("days_max", models.PositiveSmallIntegerField(default=5)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "template",
                    models.ForeignKey("catalog.shippingtemplate", models.CASCADE, related_name="rates"),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(additional__gt=0)
                        & Q(additional_amount__gte=0)
                        & Q(first__gt=0)
                        & Q(first_amount__gte=0)
                        & (Q(free_from=None) | Q(free_from__gte=0)),
                        name="shipping_rate_positive",
                    ),
                    models.CheckConstraint(
                        condition=Q(days_max__gte=F("days_min")), name="shipping_rate_days"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stock",
            fields=[
                (
                    "variant",
                    models.OneToOneField(
                        "catalog.variant",
                        models.CASCADE,
                        primary_key=True,
                        related_name="stock",
                        serialize=False,
                    ),
                ),
                ("available", models.IntegerField(db_default=0, default=0)),
                ("reserved", models.IntegerField(db_default=0, default=0)),
                ("is_hot", models.BooleanField(db_default=False, default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(available__gte=0, reserved__gte=0), name="stock_not_negative"
                    )
                ]
            },
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(fields=("product", "options"), name="variant_options_unique"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=Q(state="reserved"), fields=["expires_at"], name="reservation_expiry"
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.UniqueConstraint(fields=("reference", "variant"), name="reservation_once"),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.UniqueConstraint(fields=("variant", "currency"), name="price_unique"),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=Q(cost__gte=0, minimum__gte=0, suggested__gt=0, suggested__lte=9_999_999_999)
                & (Q(compare_at=None) | Q(compare_at__lte=9_999_999_999)),
                name="price_in_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.UniqueConstraint(fields=("product", "url"), name="media_unique"),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(
                condition=Q(closed_at=None), fields=["variant", "tenant_id"], name="allocation_running"
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(fields=("campaign_id", "variant"), name="allocation_once"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=Q(
                    open__gte=0, own__gte=0, reserved__gte=0, returned__gte=0, sold__gte=0, units__gt=0
                ),
                name="allocation_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=Q(units=F("own") + F("open") + F("reserved") + F("sold") + F("returned")),
                name="allocation_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=Q(ends_at__lte=F("matrix_until"), starts_at__lte=F("ends_at")),
                name="allocation_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=Q(closed_at=None) | Q(open=0, own=0), name="allocation_closed_is_empty"
            ),
        ),
        migrations.AddIndex(
            model_name="stocktoken",
            index=models.Index(fields=["variant", "id"], name="stock_token_by_variant"),
        ),
        migrations.AddConstraint(
            model_name="supplier",
            constraint=models.CheckConstraint(
                condition=Q(freight__gte=0), name="supplier_freight_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="region",
            constraint=models.UniqueConstraint(
                condition=~Q(code=""), fields=("code",), name="region_code_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingtemplate",
            constraint=models.UniqueConstraint(fields=("supplier", "name"), name="shipping_template_name"),
        ),
        migrations.AddConstraint(
            model_name="shippingtemplate",
            constraint=models.UniqueConstraint(
                condition=Q(is_default=True), fields=("supplier",), name="shipping_template_default"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=Q(status="active"), fields=["category", "-id"], name="product_by_category"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search_text"], name="product_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search_grams"], name="product_search_grams"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(fields=("supplier", "handle"), name="product_handle_unique"),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.UniqueConstraint(fields=("supplier", "kind", "number"), name="licence_once"),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=Q(valid_from=None) | Q(expires_on=None) | Q(expires_on__gte=F("valid_from")),
                name="licence_dates",
            ),
        ),
    ]
