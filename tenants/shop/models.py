"""A tenant's shop: the overlay on the shared catalogue, carts and orders. Lives in the tenant's schema.

Nothing here has a database key into "public": an order keeps a snapshot of what it needs.
Amounts are minor units of the order's currency.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from kernel.models import Uuid7Model


class Assortment(models.Model):
    """Which shared products this shop lists and at what price, as one rule. One row a tenant."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    rule = models.JSONField(help_text="see tenants.shop.assortment.Rule")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="assortment_single")]


class Listing(Uuid7Model):
    """Where one product differs from the rule; products without a row follow the rule."""

    product_id = models.UUIDField(unique=True)
    title = models.JSONField(default=dict, blank=True, help_text="empty: the catalogue's own title")
    is_hidden = models.BooleanField(default=False)
    is_extra = models.BooleanField(default=False, help_text="listed although the rule leaves it out")
    featured = models.PositiveSmallIntegerField(
        default=0, help_text="place on the home page; 0: not featured"
    )
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.product_id)


class ListingPrice(models.Model):
    """A price of a variant set by hand, in the tenant's currency."""

    variant_id = models.UUIDField(primary_key=True)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="prices")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="listing_price_positive")]


class Cart(Uuid7Model):
    """What somebody means to buy; belongs to a member, or to a device before sign-in."""

    user = models.OneToOneField(User, null=True, on_delete=models.CASCADE, related_name="cart")
    device = models.CharField(max_length=64, null=True, unique=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, device__isnull=True)
                | Q(user__isnull=True, device__isnull=False),
                name="cart_one_owner",
            )
        ]


class CartLine(Uuid7Model):
    """A variant and how many."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant_id = models.UUIDField()
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant_id"], name="cart_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0, quantity__lte=999), name="cart_line_quantity"),
        ]


class Order(Uuid7Model):
    """What somebody bought, at the prices and under the rules of that moment."""

    class State(models.TextChoices):
        PLACED = "placed"
        PAID = "paid"
        SHIPPED = "shipped"
        RECEIVED = "received"
        CANCELLED = "cancelled"
        EXPIRED = "expired"
        REFUNDED = "refunded"

    class Channel(models.TextChoices):
        SHOP = "shop"
        API = "api"

    number = models.CharField(max_length=24, unique=True)
    channel = models.CharField(max_length=6, choices=Channel, default=Channel.SHOP)
    state = models.CharField(max_length=10, choices=State, default=State.PLACED)
    buyer = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="orders")
    reference = models.CharField(max_length=80, blank=True, default="", help_text="the partner's own number")
    idempotency_key = models.CharField(max_length=120, unique=True)
    request_hash = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    goods = models.BigIntegerField(help_text="sum of the lines at list price")
    reduction = models.BigIntegerField(default=0, help_text="saved at the till by the agent rules")
    freight = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0, help_text="platform fee inside the total")
    total = models.BigIntegerField(help_text="what is paid")
    ship_to = models.JSONField(default=dict)
    freight_parts = models.JSONField(default=dict, help_text="supplier id -> freight")
    rules_version = models.PositiveIntegerField(null=True)
    chain = models.JSONField(default=dict, help_text="who brought whom when the order was placed")
    payment_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    refund_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(goods__gte=0, reduction__gte=0, freight__gte=0, fee__gte=0, total__gte=0),
                name="order_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(channel="shop", total=F("goods") - F("reduction") + F("freight"))
                | Q(channel="api", total=F("goods") - F("reduction") + F("freight") + F("fee")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["placed", "cancelled", "expired"]) | Q(paid_at__isnull=False),
                name="order_paid_at",
            ),
            models.CheckConstraint(
                condition=Q(channel="api") | Q(buyer__isnull=False), name="order_has_buyer"
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "-placed_at"], name="order_by_buyer"),
            models.Index(fields=["expires_at"], condition=Q(state="placed"), name="order_expiry"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(Uuid7Model):
    """One variant of an order, as it was bought."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    product_id = models.UUIDField()
    variant_id = models.UUIDField()
    supplier_id = models.UUIDField()
    sku = models.CharField(max_length=120, blank=True, default="")
    title = models.JSONField()
    options = models.JSONField(default=list)
    image = models.CharField(max_length=1000, blank=True, default="")
    url = models.CharField(max_length=400, blank=True, default="")
    kind = models.CharField(max_length=10, default="physical")
    categories = models.JSONField(default=list, help_text="slugs, from the root of the tree")
    tags = models.JSONField(default=list)
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField()
    reduction = models.BigIntegerField(default=0)
    unit_cost = models.BigIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gte=0, unit_cost__gte=0, reduction__gte=0),
                name="order_line_positive",
            ),
            models.CheckConstraint(
                condition=Q(reduction__lte=F("quantity") * F("unit_price")),
                name="order_line_reduction_bounded",
            ),
        ]

    @property
    def paid(self) -> int:
        """What the buyer pays for the line, minor units."""
        return self.quantity * self.unit_price - self.reduction
