"""Products, their variants and prices."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.categories.models import Category
from catalog.regions.models import Region
from catalog.shipping.models import ShippingTemplate
from catalog.suppliers.models import Supplier
from kernel.models import Uuid7Model
from kernel.money.amounts import MAX_PRICE


class SellingPoint(Uuid7Model):
    """What a product is bought for ("A2 milk"), by the same words wherever it is named."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True, allow_unicode=True)
    # {"zh-hans": …, "en": …}
    name = models.JSONField(_("name"))

    class Meta:
        verbose_name = _("selling point")
        verbose_name_plural = _("selling points")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Product(Uuid7Model):
    """Something a supplier offers; what is bought is one of its variants."""

    class Kind(models.TextChoices):
        PHYSICAL = "physical", _("sent by parcel")
        VOUCHER = "voucher", _("voucher")

    class Status(models.TextChoices):
        ACTIVE = "active", _("on offer")
        DRAFT = "draft", _("draft")
        ARCHIVED = "archived", _("archived")

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
    supplier = models.ForeignKey(
        Supplier,
        on_delete=models.PROTECT,
        related_name="products",
        db_index=False,
        verbose_name=_("supplier"),
    )
    handle = models.SlugField(_("handle"), max_length=200, allow_unicode=True, db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PHYSICAL)
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.ACTIVE)
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="products",
        verbose_name=_("category"),
    )
    title = models.JSONField(_("title"))
    # sanitised HTML per language
    description = models.JSONField(_("description"), default=dict)
    vendor = models.CharField(_("brand"), max_length=200, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=80), default=list, blank=True, verbose_name=_("tags"))
    # where it comes from
    region = models.CharField(_("comes from"), max_length=80, blank=True, default="")
    # shown to visitors of this region only; empty: everywhere
    local_to = models.ForeignKey(
        Region,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="products",
        verbose_name=_("local to"),
    )
    selling_points = models.ManyToManyField(
        SellingPoint, blank=True, related_name="products", verbose_name=_("selling points")
    )
    # empty: the supplier's usual one
    shipping_template = models.ForeignKey(
        ShippingTemplate,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="products",
        verbose_name=_("freight table"),
    )
    # up to three: [{"name": {"zh-hans": …}, "values": [...]}]
    options = models.JSONField(_("options"), default=list)
    voucher = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text='of a voucher: {"valid_days": 1…3650, "uses": 1…100, "refund_on_expiry": true}',
    )
    licensed_until = models.DateField(
        null=True,
        editable=False,
        help_text="last day on which every licence it needs is in force; empty: no end; kept by triggers",
    )
    search_text = models.TextField(
        default="",
        editable=False,
        help_text="all titles, tags and the vendor as searches take them; kept by a trigger",
    )
    search_grams = ArrayField(
        models.TextField(),
        default=list,
        db_default=[],
        editable=False,
        help_text="Chinese characters, syllables and pairs of them in search_text; kept by a trigger",
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
    created_at = models.DateTimeField(_("created"), db_default=Now())
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [models.UniqueConstraint(fields=["supplier", "handle"], name="product_handle_unique")]
        indexes = [
            models.Index(
                fields=["category", "-id"], condition=Q(status="active"), name="product_by_category"
            ),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="product_search"),
            GinIndex(fields=["search_grams"], name="product_search_grams"),
        ]

    def __str__(self) -> str:
        return self.handle


class Variant(Uuid7Model):
    """What is put into a cart: one choice of every option."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants", db_index=False)
    sku = models.CharField(_("SKU"), max_length=120, blank=True, default="")
    barcode = models.CharField(_("barcode"), max_length=64, blank=True, default="")
    # one value per product option
    options = ArrayField(models.CharField(max_length=200), default=list, verbose_name=_("options"))
    weight_grams = models.PositiveIntegerField(_("grams"), default=0)
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    is_active = models.BooleanField(_("on offer"), default=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
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
                condition=Q(cost__gte=0, minimum__gte=0, suggested__gt=0, suggested__lte=MAX_PRICE)
                & (Q(compare_at=None) | Q(compare_at__lte=MAX_PRICE)),
                name="price_in_bounds",
            ),
        ]
