"""A stop of all payouts or of one shop's, and its end. Lives in "public"."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model


class PayoutHalt(Uuid7Model):
    """Money stops leaving, or (with ``lifts``) may leave again. Append-only: the database refuses changes."""

    tenant_id = models.UUIDField(null=True, help_text="whose payouts; empty: everybody's")
    reason = models.TextField()
    found_by = models.CharField(max_length=200, help_text="the check or the person")
    at = models.DateTimeField(db_default=Now())
    lifts = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="lifted_by", help_text="the halt it ends"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="halt_has_reason")]

    def __str__(self) -> str:
        return self.reason[:80]
