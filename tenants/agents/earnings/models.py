"""Sales as far as the circle is concerned, and what each payee earns of them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.models import Uuid7Model
from tenants.agents.members.models import Member


class Sale(models.Model):
    """The fact of one paid order, as far as the circle is concerned. Keyed by the order's id."""

    order_id = models.UUIDField(primary_key=True)
    order_number = models.CharField(max_length=24)
    currency = models.CharField(max_length=3)
    buyer = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="purchases")
    sharer = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="sales")
    paid = models.BigIntegerField(help_text="goods paid, without freight")
    refunded = models.BigIntegerField(default=0)
    rules_version = models.PositiveIntegerField()
    facts = models.JSONField(
        default=dict,
        help_text='what limits had given before: {"today": {member: amount}, "month": amount}',
    )
    suspicions = models.JSONField(
        default=list, help_text='[{"member", "kind", "action"}]: earnings that look like one\'s own'
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(paid__gte=0, refunded__gte=0, refunded__lte=F("paid")), name="sale_refund_bounded"
            )
        ]
        indexes = [models.Index(fields=["sharer", "-at"], name="sale_by_sharer")]

    def __str__(self) -> str:
        return self.order_number


class Earning(Uuid7Model):
    """What one payee gets of a sale, and why. Only the tenant's margin may be negative.

    An earning is pending when the order is paid, in its holding period from receipt until the days of the
    rules are over, then payable. It ends reversed when all of it was clawed back, or refused when a person
    found it wrong: then the shop keeps it. The tenant's margin stays pending, for it is the shop's at once.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("pending until receipt")
        HOLDING = "holding", _("in its holding period")
        PAYABLE = "payable", _("can be withdrawn")
        REVERSED = "reversed", _("clawed back")
        REFUSED = "refused", _("refused, stays with the shop")

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="earnings")
    position = models.PositiveSmallIntegerField()
    payee = models.ForeignKey(
        Member,
        null=True,
        on_delete=models.PROTECT,
        related_name="earnings",
        help_text="empty: the tenant itself",
    )
    payee_kind = models.CharField(max_length=8)
    kind = models.CharField(max_length=12)
    earn_id = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField(default=0)
    amount = models.BigIntegerField()
    portions = ArrayField(
        models.BigIntegerField(), help_text="what each line of the order gave to it; they sum to the amount"
    )
    clawed_back = models.BigIntegerField(default=0)
    why = models.JSONField(help_text="the sentence as the shop reads it")
    payee_why = models.JSONField(help_text="the sentence as the payee reads it")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    payable_at = models.DateTimeField(null=True, help_text="payable from then on")
    released_at = models.DateTimeField(null=True, help_text="when it became payable")
    review_reasons = ArrayField(
        models.CharField(max_length=60), default=list, help_text="reasons for which it waits for a person"
    )

    class Meta:
        ordering = ["sale", "position"]
        constraints = [
            models.UniqueConstraint(fields=["sale", "position"], name="earning_position"),
            models.CheckConstraint(condition=Q(level__lte=2), name="earning_two_levels_at_most"),
            models.CheckConstraint(
                condition=Q(payee_kind="tenant", kind="margin", payee__isnull=True)
                | Q(payee_kind__in=["member", "company"], payee__isnull=False, amount__gt=0),
                name="earning_payee",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["commission", "margin"]) | Q(kind="service_fee", payee_kind="company"),
                name="earning_service_fee_to_company",
            ),
            models.CheckConstraint(
                # A margin may pass through any sign while lines with a gain and with a loss go back.
                condition=Q(kind="margin") | Q(clawed_back__gte=0, clawed_back__lte=F("amount")),
                name="earning_clawed_back_bounded",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "holding", "reversed", "refused"], released_at__isnull=True)
                | Q(state__in=["payable", "reversed"], released_at__isnull=False, payable_at__isnull=False),
                name="earning_released_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="holding") | Q(payable_at__isnull=False), name="earning_payable_at"
            ),
            models.CheckConstraint(
                condition=Q(review_reasons=[]) | Q(state__in=["pending", "holding"]),
                name="earning_under_review_waits",
            ),
            models.CheckConstraint(
                condition=~Q(state="reversed") | Q(clawed_back=F("amount")), name="earning_reversed_is_whole"
            ),
        ]
        indexes = [models.Index(fields=["payee", "-id"], name="earning_by_payee")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"

    @property
    def left(self) -> int:
        """What has not been clawed back, minor units."""
        return self.amount - self.clawed_back
