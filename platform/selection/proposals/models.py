"""What is proposed, with what proof, and the selling points that belong to one product alone."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Product
from kernel.models import Uuid7Model


class Proposal(Uuid7Model):
    """A product put before the panel, with what the review has to know. From now on it has to pass."""

    class State(models.TextChoices):
        OPEN = "open"
        CHECKED = "checked"
        RETURNED = "returned"
        WITHDRAWN = "withdrawn"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="proposals")
    tenant_id = models.UUIDField(help_text="the shop that is to judge, or NO_ONE for the whole network")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    selling_point = models.CharField(max_length=80, help_text="what it alone offers, as its maker says it")
    point_key = models.CharField(max_length=80, help_text="the same without case, width and spaces")
    exclusive_months = models.PositiveSmallIntegerField(default=12)
    price = models.BigIntegerField(help_text="what members shall pay for the cheapest variant, minor units")
    currency = models.CharField(max_length=3)
    maker = models.CharField(max_length=200)
    maker_number = models.CharField(max_length=60, help_text="registration or social credit number")
    licences = models.JSONField(default=list, help_text='[{"name", "number", "until": ISO date or ""}]')
    other_sales = models.TextField(blank=True, default="", help_text="what it sells on other platforms")
    by_supplier = models.BooleanField()
    proposed_by = models.CharField(max_length=200)
    proposed_at = models.DateTimeField(db_default=Now())
    note = models.CharField(max_length=500, blank=True, default="", help_text="why it was returned")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="proposal_price_positive"),
            models.CheckConstraint(
                condition=Q(exclusive_months__gte=1, exclusive_months__lte=36),
                name="proposal_exclusive_months",
            ),
        ]
        indexes = [models.Index(fields=["tenant_id", "state"], name="proposal_queue")]

    def __str__(self) -> str:
        return self.selling_point


class Evidence(Uuid7Model):
    """What the product costs on one other channel, seen on a day."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="evidence")
    channel = models.CharField(max_length=80)
    url = models.CharField(max_length=1000)
    price = models.BigIntegerField(help_text="minor units of the proposal's currency")
    seen_on = models.DateField()
    screenshot = models.FileField(upload_to="selection/evidence/%Y/%m", blank=True, default="")

    class Meta:
        ordering = ["price", "id"]
        constraints = [models.CheckConstraint(condition=Q(price__gt=0), name="evidence_price_positive")]

    def __str__(self) -> str:
        return self.channel


class Recheck(Uuid7Model):
    """A later look at the same channel. Append-only."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="rechecks")
    price = models.BigIntegerField()
    checked_by = models.CharField(max_length=200)
    checked_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-checked_at"]

    def __str__(self) -> str:
        return str(self.price)


class Claim(Uuid7Model):
    """A selling point in force: it belongs to one product of a scope until a date, delisting or breach."""

    class Ended(models.TextChoices):
        DATE = "date"
        DELISTED = "delisted"
        BREACH = "breach"

    tenant_id = models.UUIDField()
    point_key = models.CharField(max_length=80)
    selling_point = models.CharField(max_length=80)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="claims")
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=10, choices=Ended, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "point_key"], condition=Q(ended_at=None), name="claim_one_owner"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="claim_end_has_cause",
            ),
        ]

    def __str__(self) -> str:
        return self.selling_point
