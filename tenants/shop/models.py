"""A tenant's shop: the overlay on the shared catalogue, carts and orders. Lives in the tenant's schema.

Nothing here has a database key into "public": an order keeps a snapshot of what it needs.
Amounts are minor units of the order's currency.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.models import Uuid7Model
from tenants.agents.models import Member
from tenants.shop.promotions.subsidies.models import GoodsSubsidy, RedPacket, RedPackets

__all__ = [
    "Assortment",
    "Cart",
    "CartLine",
    "GoodsSubsidy",
    "Listing",
    "ListingPrice",
    "Order",
    "OrderLine",
    "OrderRefund",
    "OrderRefundLine",
    "RedPacket",
    "RedPackets",
]


class Assortment(models.Model):
    """Which shared products this shop lists and at what price, as one rule. One row a tenant."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    rule = models.JSONField(help_text="see tenants.shop.listings.assortment.AssortmentRule")
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
    seen_price = models.BigIntegerField(null=True, help_text="unit price when its owner last touched it")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant_id"], name="cart_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0, quantity__lte=999), name="cart_line_quantity"),
        ]


class Order(Uuid7Model):
    """What somebody bought, at the prices and under the rules of that moment."""

    class State(models.TextChoices):
        PLACED = "placed", _("waits for payment")
        PAID = "paid", _("paid")
        SHIPPED = "shipped", _("on its way")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("not paid in time")
        REFUNDED = "refunded", _("refunded")

    class Channel(models.TextChoices):
        SHOP = "shop", _("shop")
        API = "api", _("API")

    number = models.CharField(_("number"), max_length=24, unique=True)
    channel = models.CharField(_("through"), max_length=6, choices=Channel, default=Channel.SHOP)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLACED)
    buyer = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="orders", verbose_name=_("buyer")
    )
    # the partner's own number
    reference = models.CharField(_("partner's number"), max_length=80, blank=True, default="")
    idempotency_key = models.CharField(max_length=120, unique=True)
    request_hash = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    goods = models.BigIntegerField(help_text="sum of the lines at list price")
    # saved at the till by the agent rules
    reduction = models.BigIntegerField(_("saved"), default=0)
    subsidy = models.BigIntegerField(
        default=0, db_default=0, help_text="of the goods' price, paid by subsidy budgets"
    )
    packet = models.BigIntegerField(default=0, db_default=0, help_text="paid by a red packet")
    freight = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0, help_text="platform fee inside the total")
    # what is paid
    total = models.BigIntegerField(_("total"))
    ship_to = models.JSONField(default=dict)
    freight_parts = models.JSONField(default=dict, help_text="supplier id -> freight")
    rules_version = models.PositiveIntegerField(null=True)
    chain = models.JSONField(default=dict, help_text="who brought whom when the order was placed")
    payment_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField(_("placed at"), db_default=Now())
    expires_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    refunded = models.BigIntegerField(default=0, help_text="refunds requested, on their way or done")
    freight_refunded = models.BigIntegerField(default=0, help_text="the part of it that is freight")

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    refunded__gte=F("freight_refunded"),
                    refunded__lte=F("total"),
                    freight_refunded__gte=0,
                    freight_refunded__lte=F("freight"),
                ),
                name="order_refund_bounded",
            ),
            models.CheckConstraint(
                condition=~Q(state="refunded") | Q(refunded=F("total")), name="order_refunded_is_whole"
            ),
            models.CheckConstraint(
                condition=Q(
                    goods__gte=0,
                    reduction__gte=0,
                    subsidy__gte=0,
                    packet__gte=0,
                    freight__gte=0,
                    fee__gte=0,
                    total__gte=0,
                ),
                name="order_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    channel="shop",
                    total=F("goods") - F("reduction") - F("subsidy") - F("packet") + F("freight"),
                )
                | Q(
                    channel="api",
                    subsidy=0,
                    packet=0,
                    total=F("goods") - F("reduction") + F("freight") + F("fee"),
                ),
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
    subsidy = models.BigIntegerField(default=0, db_default=0, help_text="paid by a subsidy budget")
    subsidy_budget = models.UUIDField(null=True)
    packet = models.BigIntegerField(default=0, db_default=0, help_text="its part of the order's red packet")
    refunded = models.BigIntegerField(default=0, help_text="of what the buyer paid, went or goes back")
    refunded_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    refunded__gte=0,
                    refunded__lte=F("quantity") * F("unit_price")
                    - F("reduction")
                    - F("subsidy")
                    - F("packet"),
                    refunded_quantity__lte=F("quantity"),
                ),
                name="order_line_refund_bounded",
            ),
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0,
                    unit_price__gte=0,
                    unit_cost__gte=0,
                    reduction__gte=0,
                    subsidy__gte=0,
                    packet__gte=0,
                ),
                name="order_line_positive",
            ),
            models.CheckConstraint(
                condition=Q(reduction__lte=F("quantity") * F("unit_price")),
                name="order_line_reduction_bounded",
            ),
            models.CheckConstraint(
                condition=Q(subsidy=0, subsidy_budget__isnull=True)
                | Q(subsidy__gt=0, subsidy_budget__isnull=False),
                name="order_line_subsidy_has_budget",
            ),
        ]

    @property
    def paid(self) -> int:
        """What the shop gets for the line, minor units: from the buyer, and from subsidies."""
        return self.quantity * self.unit_price - self.reduction

    @property
    def to_pay(self) -> int:
        """What the buyer pays for the line, minor units."""
        return self.paid - self.subsidy - self.packet


class OrderRefund(Uuid7Model):
    """Money of an order that goes back, or went, and all that was taken back for it.

    Written when it is asked for; booked when the money has gone; what the gateway refuses takes nothing.
    """

    class State(models.TextChoices):
        REQUESTED = "requested"
        DONE = "done"
        FAILED = "failed"

    class Cause(models.TextChoices):
        REFUND = "refund"
        DISPUTE = "dispute"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=160)
    request_hash = models.CharField(max_length=64)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.REFUND)
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    amount = models.BigIntegerField(help_text="all that goes back, freight included")
    freight = models.JSONField(default=dict, help_text="supplier id -> freight that goes back")
    stops_goods = models.BooleanField(default=True, help_text="units not sent yet will not be")
    reason = models.CharField(max_length=300, blank=True, default="")
    requested_by = models.CharField(max_length=200)
    payment_refund_id = models.UUIDField(null=True, unique=True, help_text="see billing.payments.Refund")
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "idempotency_key"], name="order_refund_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="order_refund_not_negative"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | ~Q(state="done") & Q(done_at__isnull=True),
                name="order_refund_done_at",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class OrderRefundLine(Uuid7Model):
    """What a refund takes from whom for one line: they sum to the line's amount."""

    refund = models.ForeignKey(OrderRefund, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="refunds")
    quantity = models.PositiveIntegerField(default=0, help_text="0: a part of the price only")
    amount = models.BigIntegerField()
    cost = models.BigIntegerField(help_text="from the supplier")
    fee = models.BigIntegerField(help_text="from the platform")
    subsidy = models.BigIntegerField(
        default=0, db_default=0, help_text="goes back to the budget, not to the buyer"
    )
    packet = models.BigIntegerField(
        default=0, db_default=0, help_text="the red packet's part, to whom it was from"
    )
    earnings = ArrayField(
        models.BigIntegerField(), default=list, help_text="from each earning, in their order; margin last"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="order_refund_line_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, cost__gte=0, fee__gte=0, subsidy__gte=0, packet__gte=0),
                name="order_refund_line_not_negative",
            ),
        ]


class Campaign(Uuid7Model):
    """Goods set aside for one seller's buyers (no ``seller``: everybody's), then sold off by the others."""

    name = models.CharField(max_length=120)
    seller = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="campaigns")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    matrix_until = models.DateTimeField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lte=F("ends_at"), ends_at__lte=F("matrix_until")),
                name="campaign_times",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CampaignGoods(Uuid7Model):
    """What a variant costs in a campaign; empty: as in the shop. Its units are a catalog.Allocation."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="goods")
    variant_id = models.UUIDField()
    allocation_id = models.UUIDField(unique=True, help_text="see catalog.Allocation")
    price = models.BigIntegerField(null=True)
    sell_off_price = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(price=None) | Q(price__gt=0))
                & (Q(sell_off_price=None) | Q(sell_off_price__gt=0)),
                name="campaign_goods_price",
            )
        ]
