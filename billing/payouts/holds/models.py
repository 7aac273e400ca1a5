"""A stop of one supplier's payouts, and its end. Lives in "public"."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Supplier
from kernel.models import Uuid7Model


class PayoutHold(Uuid7Model):
    """While it is in force the supplier is paid nothing; what it is owed stays owed."""

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=300)
    placed_by = models.CharField(max_length=200)
    placed_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier"], condition=Q(lifted_at=None), name="payout_hold_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return self.reason
