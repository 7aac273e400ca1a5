"""What tenants pay for the service: plans, subscriptions, invoices, and what was used. Lives in "public".

Amounts are minor units, fees basis points of the goods paid.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.models import OutgoingRow, Uuid7Model
from kernel.money.money import currency_choices


class CardFeeBearer(models.TextChoices):
    """Who bears what payment providers keep of a shop's payments."""

    PLATFORM = "platform", _("the platform")
    SHOP = "shop", _("the shop, from its margin, as it was kept")
    SPLIT = "split", _("everybody who earns: taken off with the platform fee before anything is divided")


class Plan(Uuid7Model):
    """What a shop may use and what it pays. An empty limit is none."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    # {"zh-hans": …, "en": …}
    name = models.JSONField(_("name"))
    # a month
    price = models.BigIntegerField(_("price a month, minor units"))
    currency = models.CharField(_("currency"), max_length=3, default="CNY", choices=currency_choices)
    # basis points of goods paid
    fee_bp = models.PositiveIntegerField(_("platform fee, basis points"))
    card_fee_bearer = models.CharField(
        _("payment fees are borne by"), max_length=8, choices=CardFeeBearer, default=CardFeeBearer.PLATFORM
    )
    # what providers keep as a rule: counted where prices are judged, and taken off where all bear it
    card_fee_bp = models.PositiveIntegerField(_("payment fee, basis points"), default=0)
    trial_days = models.PositiveSmallIntegerField(_("days of trial"), default=0)
    members = models.PositiveIntegerField(_("members"), null=True, blank=True)
    # paid orders a month
    orders = models.PositiveIntegerField(_("paid orders a month"), null=True, blank=True)
    domains = models.PositiveIntegerField(_("hosts"), null=True, blank=True)
    # calls a month
    api_calls = models.PositiveIntegerField(_("API calls a month"), null=True, blank=True)
    price_id = models.CharField(
        max_length=80, blank=True, default="", help_text="the biller's, for the price as it stands"
    )
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    # shops can choose it themselves
    is_offered = models.BooleanField(_("shops can choose it"), default=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ("position", "id")
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="plan_price_not_negative"),
            models.CheckConstraint(condition=Q(fee_bp__lte=5000), name="plan_fee_bounded"),
            models.CheckConstraint(condition=Q(card_fee_bp__lte=1000), name="plan_card_fee_bounded"),
            # What shops choose themselves has to be billed, or a click would end what they owe.
            models.CheckConstraint(
                condition=Q(is_offered=False) | Q(price__gt=0), name="plan_offered_is_paid"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Subscription(OutgoingRow):
    """Which plan a shop has. Without ``external_id`` it was agreed on, and nobody is billed."""

    class State(models.TextChoices):
        TRIALING = "trialing", _("on trial")
        ACTIVE = "active", _("active")
        PAST_DUE = "past_due", _("not paid")
        ENDED = "ended", _("ended")

    tenant_id = models.UUIDField(_("shop"), unique=True)
    schema = models.CharField(max_length=63, db_index=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, verbose_name=_("plan"))
    # agreed instead of the plan's
    fee_bp = models.PositiveIntegerField(_("agreed fee, basis points"), null=True, blank=True)
    card_fee_bearer = models.CharField(
        _("payment fees are borne by, as agreed"),
        max_length=8,
        choices=CardFeeBearer,
        blank=True,
        default="",
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    customer_id = models.CharField(max_length=80, blank=True, default="")
    trial_end = models.DateTimeField(_("trial until"), null=True)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(_("paid until"), null=True)
    ends_at_period_end = models.BooleanField(_("ends with the paid month"), default=False)
    past_due_since = models.DateTimeField(_("not paid since"), null=True)
    wanted_plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, related_name="+", help_text="asked for, not yet confirmed"
    )
    wanted_at = models.DateTimeField(null=True, help_text="the moment of the change that was asked for")
    synced_at = models.DateTimeField(null=True, help_text="when the biller was asked for what stands here")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("shop's plan")
        verbose_name_plural = _("shops' plans")
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
        DRAFT = "draft", _("draft")
        OPEN = "open", _("to be paid")
        PAID = "paid", _("paid")
        UNCOLLECTIBLE = "uncollectible", _("given up")
        VOID = "void", _("void")

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="invoices")
    external_id = models.CharField(max_length=80, unique=True)
    number = models.CharField(_("number"), max_length=60, blank=True, default="")
    state = models.CharField(_("state"), max_length=14, choices=State)
    # below zero for a credit
    total = models.BigIntegerField(_("amount"))
    paid = models.BigIntegerField(_("paid"), default=0)
    currency = models.CharField(max_length=3)
    pdf_url = models.CharField(max_length=500, blank=True, default="")
    page_url = models.CharField(max_length=500, blank=True, default="")
    charge_id = models.CharField(max_length=80, blank=True, default="")
    issued_at = models.DateTimeField(_("since"))
    paid_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("plan invoice")
        verbose_name_plural = _("plan invoices")
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
