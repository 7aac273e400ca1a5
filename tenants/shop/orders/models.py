"""Orders, at the prices and under the rules of the moment they were placed. Amounts in minor units."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.models import Uuid7Model


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
    saving = models.BigIntegerField(_("saved"), default=0)
    subsidy = models.BigIntegerField(
        default=0, db_default=0, help_text="of the goods' price, paid by subsidy budgets"
    )
    red_packet = models.BigIntegerField(default=0, db_default=0, help_text="paid by a red packet")
    freight = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0, help_text="platform fee inside the total")
    # what is paid
    total = models.BigIntegerField(_("total"))
    ship_to = models.JSONField(default=dict)
    freight_by_supplier = models.JSONField(default=dict, help_text="supplier id -> freight")
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
                    saving__gte=0,
                    subsidy__gte=0,
                    red_packet__gte=0,
                    freight__gte=0,
                    fee__gte=0,
                    total__gte=0,
                ),
                name="order_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    channel="shop",
                    total=F("goods") - F("saving") - F("subsidy") - F("red_packet") + F("freight"),
                )
                | Q(
                    channel="api",
                    subsidy=0,
                    red_packet=0,
                    total=F("goods") - F("saving") + F("freight") + F("fee"),
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


MOVES: dict[str, frozenset[str]] = {
    Order.State.PLACED: frozenset({Order.State.PAID, Order.State.CANCELLED, Order.State.EXPIRED}),
    Order.State.PAID: frozenset({Order.State.SHIPPED, Order.State.REFUNDED}),
    Order.State.SHIPPED: frozenset({Order.State.RECEIVED, Order.State.REFUNDED}),
    Order.State.RECEIVED: frozenset({Order.State.REFUNDED}),
    Order.State.CANCELLED: frozenset(),
    Order.State.EXPIRED: frozenset(),
    Order.State.REFUNDED: frozenset(),
}
REFUNDABLE = frozenset(state for state, moves in MOVES.items() if Order.State.REFUNDED in moves)


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
    saving = models.BigIntegerField(default=0)
    unit_cost = models.BigIntegerField()
    subsidy = models.BigIntegerField(default=0, db_default=0, help_text="paid by a subsidy budget")
    subsidy_budget = models.UUIDField(null=True)
    red_packet = models.BigIntegerField(
        default=0, db_default=0, help_text="its part of the order's red packet"
    )
    refunded = models.BigIntegerField(default=0, help_text="of what the buyer paid, went or goes back")
    refunded_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    refunded__gte=0,
                    refunded__lte=F("quantity") * F("unit_price")
                    - F("saving")
                    - F("subsidy")
                    - F("red_packet"),
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
                    saving__gte=0,
                    subsidy__gte=0,
                    red_packet__gte=0,
                ),
                name="order_line_positive",
            ),
            models.CheckConstraint(
                condition=Q(saving__lte=F("quantity") * F("unit_price")),
                name="order_line_price_covers_saving",
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
        return self.quantity * self.unit_price - self.saving

    @property
    def to_pay(self) -> int:
        """What the buyer pays for the line, minor units."""
        return self.paid - self.subsidy - self.red_packet
