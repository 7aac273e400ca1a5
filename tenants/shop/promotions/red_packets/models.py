"""Red packets: sums that a budget pays of one order each; in minor units of the budget's currency."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import clock
from kernel.models import Uuid7Model
from tenants.shop.orders.models import Order


class RedPacketBatch(Uuid7Model):
    """Red packets of one amount, issued together. Their money left the budget when they were issued.

    ``number`` is how many are to be handed out: all that were issued, or when it was stopped ``handed_out``.
    ``closed_at``: what nobody can use any more went back to the budget.
    """

    class Audience(models.TextChoices):
        LINK = "link", _("whoever has the link")
        """Whoever has the link."""
        ROOM = "room", _("whoever comes through a live room, note or group")
        """Whoever came through a live room, a note or a group, named by ``origin_code``."""
        MEMBERS = "members", _("every member")
        """Every member; the page of red packets offers them."""

    budget_id = models.UUIDField()
    name = models.CharField(max_length=80)
    code = models.CharField(max_length=16, unique=True, help_text="what the link names")
    audience = models.CharField(max_length=7, choices=Audience)
    origin_code = models.CharField(max_length=12, blank=True, default="")
    amount = models.BigIntegerField(help_text="of each, minor units")
    min_spend = models.BigIntegerField(help_text="what is to be paid for goods has to be at least this")
    issued = models.PositiveIntegerField(help_text="how many there were at first")
    number = models.PositiveIntegerField()
    handed_out = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # A packet is used whole: the goods have to come to at least what it holds.
            models.CheckConstraint(
                condition=Q(amount__gt=0, min_spend__gte=F("amount")), name="red_packets_within_spent"
            ),
            models.CheckConstraint(
                condition=Q(issued__gt=0, number__lte=F("issued"), handed_out__lte=F("number")),
                name="red_packets_handed_out_bounded",
            ),
            models.CheckConstraint(
                condition=Q(audience="room") & ~Q(origin_code="") | ~Q(audience="room") & Q(origin_code=""),
                name="red_packets_room_named",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        """True if nobody can take one any more."""
        return self.expires_at <= clock.now() or self.handed_out >= self.number


class RedPacket(Uuid7Model):
    """A red packet in a member's hands."""

    class State(models.TextChoices):
        FREE = "free"
        RESERVED = "reserved"
        """For an order that is not paid yet."""
        USED = "used"
        EXPIRED = "expired"

    batch = models.ForeignKey(RedPacketBatch, on_delete=models.PROTECT, related_name="red_packets")
    member = models.ForeignKey(User, on_delete=models.PROTECT, related_name="red_packets")
    place = models.PositiveIntegerField(help_text="the how many-th of its batch")
    state = models.CharField(max_length=8, choices=State, default=State.FREE)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="red_packets")
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "member"], name="red_packet_one_each"),
            models.UniqueConstraint(fields=["batch", "place"], name="red_packet_place"),
            models.UniqueConstraint(fields=["order"], name="red_packet_one_an_order"),
            models.CheckConstraint(
                condition=Q(state__in=["reserved", "used"], order__isnull=False)
                | Q(state__in=["free", "expired"], order__isnull=True),
                name="red_packet_order_iff_used",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def state_now(self) -> str:
        """The state; one that is free after its time has expired."""
        is_late = self.state == self.State.FREE and self.batch.expires_at <= clock.now()
        return self.State.EXPIRED if is_late else self.state
