"""The shared catalogue: suppliers, products, variants, prices per currency, stock.

Everything lives in "public". Amounts are minor units of the row's currency.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model


class Supplier(Uuid7Model):
    """Who makes or imports goods, ships them and is paid for them."""

    class Settlement(models.TextChoices):
        """The moment at which what we owe falls due."""

        PAID = "paid"
        SHIPPED = "shipped"
        RECEIVED = "received"

    code = models.SlugField(max_length=40, unique=True)
    name = models.JSONField(help_text='{"zh-hans": …, "en": …}')
    email = models.EmailField(blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    settlement = models.CharField(max_length=10, choices=Settlement, default=Settlement.SHIPPED)
    payout_account = models.CharField(max_length=64, blank=True, default="", help_text="Stripe account id")
    currency = models.CharField(max_length=3, default="CNY")
    freight = models.BigIntegerField(default=0, help_text="per order, minor units of the supplier's currency")
    freight_free_from = models.BigIntegerField(null=True, blank=True, help_text="goods value, minor units")
    handling_days = models.PositiveSmallIntegerField(default=2)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(freight__gte=0), name="supplier_freight_not_negative")
        ]

    def __str__(self) -> str:
        return self.code


class Category(Uuid7Model):
    """A node of the one tree of categories."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.JSONField()
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.slug


class Product(Uuid7Model):
    """Something a supplier offers; what is bought is one of its variants."""

    class Kind(models.TextChoices):
        PHYSICAL = "physical"
        VOUCHER = "voucher"

    class Status(models.TextChoices):
        ACTIVE = "active"
        DRAFT = "draft"
        ARCHIVED = "archived"

    class Admission(models.TextChoices):
        """What those who sell and those who buy said; decided by the triggers of selection alone."""

        FREE = "free"
        NEEDED = "needed"
        PASSED = "passed"
        REFUSED = "refused"
        RECALLED = "recalled"
        DELISTED = "delisted"

    FOR_SALE = (Admission.FREE, Admission.PASSED)

    # Here and below: no index of its own where a unique constraint starts with the column.
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="products", db_index=False)
    handle = models.SlugField(max_length=200, allow_unicode=True, db_index=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PHYSICAL)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    title = models.JSONField()
    description = models.JSONField(default=dict, help_text="sanitised HTML per language")
    vendor = models.CharField(max_length=200, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    region = models.CharField(max_length=80, blank=True, default="")
    options = models.JSONField(
        default=list, help_text='up to three: [{"name": {"zh-hans": …}, "values": [...]}]'
    )
    search_text = models.TextField(
        default="", editable=False, help_text="all titles, tags and the vendor, lower case; kept by a trigger"
    )
    admission = models.CharField(
        max_length=10, choices=Admission, default=Admission.FREE, db_default=Admission.FREE, editable=False
    )
    admitted_to = ArrayField(
        models.UUIDField(),
        default=list,
        db_default=[],
        editable=False,
        help_text="tenants whose own people passed it",
    )
    barred_from = ArrayField(
        models.UUIDField(),
        default=list,
        db_default=[],
        editable=False,
        help_text="tenants whose own people have not",
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["supplier", "handle"], name="product_handle_unique")]
        indexes = [
            models.Index(
                fields=["category", "-id"], condition=Q(status="active"), name="product_by_category"
            ),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="product_search"),
        ]

    def __str__(self) -> str:
        return self.handle


class Variant(Uuid7Model):
    """What is put into a cart: one choice of every option."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants", db_index=False)
    sku = models.CharField(max_length=120, blank=True, default="")
    barcode = models.CharField(max_length=64, blank=True, default="")
    options = ArrayField(
        models.CharField(max_length=200), default=list, help_text="one value per product option"
    )
    weight_grams = models.PositiveIntegerField(default=0)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "options"], name="variant_options_unique")]

    def __str__(self) -> str:
        return self.sku or " / ".join(self.options)


class Price(Uuid7Model):
    """What a variant costs us and should cost a member, in one currency."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="prices", db_index=False)
    currency = models.CharField(max_length=3)
    cost = models.BigIntegerField(help_text="supply cost; members and partners of others never see it")
    suggested = models.BigIntegerField(help_text="suggested selling price")
    minimum = models.BigIntegerField(default=0, help_text="lowest price at which it may be sold")
    compare_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "currency"], name="price_unique"),
            models.CheckConstraint(
                condition=Q(cost__gte=0, suggested__gte=0, minimum__gte=0), name="price_not_negative"
            ),
        ]


class Stock(models.Model):
    """Units of a variant. ``available`` can be reserved, ``reserved`` waits for its payment."""

    variant = models.OneToOneField(Variant, primary_key=True, on_delete=models.CASCADE, related_name="stock")
    available = models.IntegerField(default=0, db_default=0)
    reserved = models.IntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0, reserved__gte=0), name="stock_not_negative")
        ]


class Reservation(Uuid7Model):
    """Units held for one reference (an order) until it is paid or ``expires_at`` passes.

    Rows stay as a record after that, so that saying the same thing twice has no second effect.
    Only the functions of migration 0002 move stock and state, together.
    """

    class State(models.TextChoices):
        HELD = "held"
        COMMITTED = "committed"
        RELEASED = "released"
        EXPIRED = "expired"

    reference = models.UUIDField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.HELD, db_default=State.HELD)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "variant"], name="reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="held"), name="reservation_expiry")]


class Media(Uuid7Model):
    """A picture of a product, at our own storage (``path``) or at its source (``url``)."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="media", db_index=False)
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="media"
    )
    position = models.PositiveSmallIntegerField(default=1)
    url = models.CharField(max_length=1000, help_text="absolute https address, or a path on our own hosts")
    alt = models.JSONField(default=dict)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "media"
        constraints = [models.UniqueConstraint(fields=["product", "url"], name="media_unique")]


class CatalogueChange(models.Model):
    """How often the catalogue changed: the sum of ``amount`` is its version.

    Triggers append a row for every statement that changes what a page shows. Appending takes no
    lock on anything shared, and a row counts from the moment its transaction commits, so a version
    read before the data is never newer than the data. ``services.fold_changes`` keeps it short.
    """

    amount = models.BigIntegerField(default=1, db_default=1)
