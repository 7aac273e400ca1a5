"""Money a tenant sets aside to make its members' prices lower."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model


class SubsidyBudget(Uuid7Model):
    """A named budget. What is on it is the ledger's account ``subsidy_budget`` of owner (tenant, this id)."""

    tenant_id = models.UUIDField()
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "name"], name="subsidy_budget_name"),
            models.CheckConstraint(condition=~Q(name=""), name="subsidy_budget_named"),
        ]

    def __str__(self) -> str:
        return self.name


class SubsidyClaim(Uuid7Model):
    """Money taken from a budget for one thing, mostly an order; once a thing."""

    class State(models.TextChoices):
        CLAIMED = "claimed"
        RELEASED = "released"

    budget = models.ForeignKey(SubsidyBudget, on_delete=models.PROTECT, related_name="claims")
    reference_id = models.UUIDField(help_text="what it is for, mostly an order")
    amount = models.BigIntegerField()
    returned = models.BigIntegerField(default=0, db_default=0, help_text="given back to the budget")
    state = models.CharField(max_length=8, choices=State, default=State.CLAIMED)
    at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["budget", "reference_id"], name="subsidy_claim_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="subsidy_claim_positive"),
            # A budget never gets back more than it gave, or it would give it twice.
            models.CheckConstraint(
                condition=Q(returned__gte=0, returned__lte=F("amount"))
                & (~Q(state="released") | Q(returned=F("amount"))),
                name="subsidy_claim_returned_bounded",
            ),
        ]

    def __str__(self) -> str:
        return str(self.reference_id)
