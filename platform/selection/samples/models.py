"""Samples of judged products: one for each judge and entry. The supplier sends them free of charge."""

from django.db import models
from django.db.models import Q

from kernel.models import Uuid7Model
from selection.rounds.models import RoundEntry, Seat


class Sample(Uuid7Model):
    """What one judge receives of one entry, free of charge, and how far it has come."""

    class State(models.TextChoices):
        INVITED = "invited"
        REQUESTED = "requested"
        SHIPPED = "shipped"
        RECEIVED = "received"
        SCORED = "scored"
        DECLINED = "declined"

    entry = models.ForeignKey(RoundEntry, on_delete=models.PROTECT, related_name="samples", db_index=False)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="samples")
    state = models.CharField(max_length=10, choices=State, default=State.INVITED)
    ship_to = models.JSONField(default=dict)
    requested_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    scored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "seat"], name="sample_once")]
        indexes = [
            models.Index(fields=["shipped_at"], condition=Q(state="shipped"), name="sample_on_its_way")
        ]
