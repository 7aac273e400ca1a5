"""What tenants pay for the service: plans, subscriptions, invoices, and what was used. Lives in "public".

Amounts are minor units, fees basis points of the goods paid.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model


class Plan(Uuid7Model):
    """What a shop may use and what it pays. An empty limit is none."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.JSONField(help_text='{"zh-hans": …, "en": …}')
    price = models.BigIntegerField(help_text="a month")
    currency = models.CharField(max_length=3, default="CNY")
    fee_bp = models.PositiveIntegerField(help_text="basis points of goods paid")
    trial_days = models.PositiveSmallIntegerField(default=0)
    members = models.PositiveIntegerField(null=True, blank=True)
    orders = models.PositiveIntegerField(null=True, blank=True, help_text="paid orders a month")
    domains = models.PositiveIntegerField(null=True, blank=True)
    api_calls = models.PositiveIntegerField(null=True, blank=True, help_text="calls a month")
    price_id = models.CharField(
        max_length=80, blank=True, default="", help_text="the biller's, for the price as it stands"
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_offered = models.BooleanField(default=True, help_text="shops can choose it themselves")

    class Meta:
        ordering = ("position", "id")
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="plan_price_not_negative"),
            models.CheckConstraint(condition=Q(fee_bp__lte=5000), name="plan_fee_bounded"),
            # What shops choose themselves has to be billed, or a click would end what they owe.
            models.CheckConstraint(
                condition=Q(is_offered=False) | Q(price__gt=0), name="plan_offered_is_paid"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Subscription(Uuid7Model):
    """Which plan a shop has. Without ``external_id`` it was agreed on, and nobody is billed."""

    class State(models.TextChoices):
        TRIALING = "trialing"
        ACTIVE = "active"
        PAST_DUE = "past_due"
        ENDED = "ended"

    tenant_id = models.UUIDField(unique=True)
    schema = models.CharField(max_length=63, db_index=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    fee_bp = models.PositiveIntegerField(null=True, blank=True, help_text="agreed instead of the plan's")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    customer_id = models.CharField(max_length=80, blank=True, default="")
    external_id = models.CharField(max_length=80, null=True, unique=True)
    trial_end = models.DateTimeField(null=True)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    ends_at_period_end = models.BooleanField(default=False)
    past_due_since = models.DateTimeField(null=True)
    wanted_plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, related_name="+", help_text="asked for, not yet confirmed"
    )
    wanted_at = models.DateTimeField(null=True, help_text="the moment of the change that was asked for")
    synced_at = models.DateTimeField(null=True, help_text="when the biller was asked for what stands here")
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fee_bp__isnull=True) | Q(fee_bp__lte=5000), name="subscription_fee_bounded"
            ),
            models.CheckConstraint(
                condition=Q(state="past_due", past_due_since__isnull=False)
                | (~Q(state="past_due") & Q(past_due_since__isnull=True)),
                name="subscription_past_due_since",
            ),
        ]
        indexes = [
            models.Index(
                fields=["synced_at"],
                condition=Q(external_id__isnull=False) & ~Q(state="ended"),
                name="subscription_to_sync",
            )
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.tenant_id)


class Invoice(Uuid7Model):
    """What a shop was billed, as the biller has it; the document itself stays there."""

    class State(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        PAID = "paid"
        UNCOLLECTIBLE = "uncollectible"
        VOID = "void"

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="invoices")
    external_id = models.CharField(max_length=80, unique=True)
    number = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=14, choices=State)
    total = models.BigIntegerField(help_text="below zero for a credit")
    paid = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    pdf_url = models.CharField(max_length=500, blank=True, default="")
    page_url = models.CharField(max_length=500, blank=True, default="")
    charge_id = models.CharField(max_length=80, blank=True, default="")
    issued_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-issued_at", "-id")
        constraints = [
            models.CheckConstraint(condition=Q(paid__gte=0), name="plan_invoice_paid_not_negative")
        ]

    def __str__(self) -> str:
        return self.number or self.external_id


class Usage(models.Model):
    """How much of something a shop used in a month; counted when it happens, never by scanning."""

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField()
    metric = models.CharField(max_length=20)
    month = models.DateField(help_text="its first day")
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "metric", "month"], name="plan_usage_once")
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.month}: {self.count}"
