"""What a budget pays of each unit of some goods, for a time; in minor units of the budget's currency.

The budgets are ``billing.subsidy_budgets.models.SubsidyBudget``; their money lies in the ledger.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

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
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

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
