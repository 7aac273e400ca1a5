"""What may be sold: charters, rulings on products, and complaints about them. All of it is append-only."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Product
from kernel.models import Uuid7Model


class Charter(Uuid7Model):
    """From this moment only what passed is on sale, in one shop or (NO_ONE) in the whole network.

    It cannot be taken back. No round of its scope may ask for less than it says.
    """

    tenant_id = models.UUIDField(unique=True)
    panel_size = models.PositiveSmallIntegerField(default=3)
    panel_points = models.PositiveSmallIntegerField(default=60)
    jury_size = models.PositiveSmallIntegerField(default=3)
    jury_points = models.PositiveSmallIntegerField(default=60)
    want_percent = models.PositiveSmallIntegerField(default=50)
    complaints = models.PositiveSmallIntegerField(default=10, help_text="so many call a product back")
    reason = models.CharField(max_length=500)
    adopted_by = models.CharField(max_length=200)
    adopted_at = models.DateTimeField(db_default=Now())
    adopted_in = models.BigIntegerField(default=0, help_text="the transaction that may list what stays")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    panel_points__gte=50, jury_points__gte=50, want_percent__gte=50, panel_size__gte=3,
                    jury_size__gte=3, complaints__gte=1,
                ),
                name="charter_means_something",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.tenant_id)


class CharterProduct(models.Model):
    """Was on sale when the charter was adopted, and stays."""

    charter = models.ForeignKey(Charter, on_delete=models.PROTECT, related_name="products", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charter", "product"], name="charter_product_once")]


class Ruling(Uuid7Model):
    """One decision on whether a product is for sale in a scope; the latest counts. Append-only.

    ``passed`` and ``refused`` are written by the database when a gate closes, from the votes, and it
    takes them from nobody else.
    """

    class Kind(models.TextChoices):
        PROPOSED = "proposed"
        PASSED = "passed"
        REFUSED = "refused"
        RECALLED = "recalled"
        DELISTED = "delisted"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="rulings", db_index=False)
    tenant_id = models.UUIDField()
    number = models.PositiveIntegerField(default=0, help_text="set by the database")
    kind = models.CharField(max_length=10, choices=Kind)
    proposal = models.ForeignKey(
        "selection.Proposal", null=True, on_delete=models.PROTECT, related_name="rulings"
    )
    entry = models.ForeignKey(
        "selection.RoundEntry", null=True, on_delete=models.PROTECT, related_name="rulings"
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    ruled_by = models.CharField(max_length=200, blank=True, default="")
    penalty = models.BigIntegerField(
        null=True, help_text="of a counterfeit alone: what its supplier is charged, minor units; else NULL"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["product", "number"]
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="ruling_number"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(kind__in=["passed", "refused"]), name="ruling_one_an_entry"
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class Complaint(Uuid7Model):
    """What a buyer has against a product they received; one a person and product. Append-only."""

    class Kind(models.TextChoices):
        QUALITY = "quality"
        DIFFERENT = "different"
        COUNTERFEIT = "counterfeit"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="complaints", db_index=False)
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()
    order_id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=1000)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["product", "tenant_id", "user_id"], name="complaint_once")
        ]

    def __str__(self) -> str:
        return self.kind
