"""What a shop gives away from its subsidy budgets: lower prices of goods, and red packets.

The budgets themselves are ``billing.payouts.models.SubsidyBudget``; all their money lies in the ledger.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.models import Uuid7Model


class GoodsSubsidy(Uuid7Model):
    """A budget pays so much of each unit of some goods, for a time, while there is money on it."""

    budget_id = models.UUIDField()
    amount = models.BigIntegerField(help_text="of each unit, minor units")
    products = ArrayField(models.UUIDField(), default=list)
    variants = ArrayField(models.UUIDField(), default=list)
    category = models.CharField(max_length=80, blank=True, default="", help_text="slug; with all below it")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="by hand, before its time")
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="goods_subsidy_positive"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="goods_subsidy_window"),
            models.CheckConstraint(
                condition=~Q(products=[]) | ~Q(variants=[]) | ~Q(category=""),
                name="goods_subsidy_for_something",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="goods_subsidy_running")]

    def __str__(self) -> str:
        return str(self.id)


class RedPackets(Uuid7Model):
    """Red packets of one amount, handed out together. Their money left the budget when they were made.

    ``number`` falls to ``taken`` when no more are to be handed out; ``settled_at``: what nobody can use any
    more went back to the budget.
    """

    class Audience(models.TextChoices):
        LINK = "link", _("whoever has the link")
        """Whoever has the link."""
        ROOM = "room", _("whoever comes through a room, note or group")
        """Whoever came through a room, a note or a group, named by ``origin_code``."""
        MEMBERS = "members", _("every member")
        """Every member; the page of red packets offers them."""

    budget_id = models.UUIDField()
    name = models.CharField(max_length=80)
    code = models.CharField(max_length=16, unique=True, help_text="what the link names")
    audience = models.CharField(max_length=7, choices=Audience)
    origin_code = models.CharField(max_length=12, blank=True, default="")
    amount = models.BigIntegerField(help_text="of each, minor units")
    min_spend = models.BigIntegerField(help_text="goods have to cost at least this")
    made = models.PositiveIntegerField(help_text="how many there were to hand out")
    number = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # An order is never free of charge: something is always left to be paid.
            models.CheckConstraint(
                condition=Q(amount__gt=0, min_spend__gt=F("amount")), name="red_packets_less_than_spent"
            ),
            models.CheckConstraint(
                condition=Q(made__gt=0, number__lte=F("made"), taken__lte=F("number")),
                name="red_packets_taken_bounded",
            ),
            models.CheckConstraint(
                condition=Q(audience="room") & ~Q(origin_code="") | ~Q(audience="room") & Q(origin_code=""),
                name="red_packets_room_named",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RedPacket(Uuid7Model):
    """A red packet in a member's hands."""

    class State(models.TextChoices):
        FREE = "free"
        HELD = "held"
        """For an order that is not paid yet."""
        USED = "used"
        EXPIRED = "expired"

    packets = models.ForeignKey(RedPackets, on_delete=models.PROTECT, related_name="given")
    member = models.ForeignKey(User, on_delete=models.PROTECT, related_name="red_packets")
    place = models.PositiveIntegerField(help_text="the how many-th that was taken")
    state = models.CharField(max_length=7, choices=State, default=State.FREE)
    order = models.ForeignKey("shop.Order", null=True, on_delete=models.PROTECT, related_name="red_packets")
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["packets", "member"], name="red_packet_one_each"),
            models.UniqueConstraint(fields=["packets", "place"], name="red_packet_place"),
            models.UniqueConstraint(fields=["order"], name="red_packet_one_an_order"),
            models.CheckConstraint(
                condition=Q(state__in=["held", "used"], order__isnull=False)
                | Q(state__in=["free", "expired"], order__isnull=True),
                name="red_packet_order_iff_used",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
