"""What the central team keeps about shops. Lives in "public"."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from kernel.models import Uuid7Model


class CircleReading(Uuid7Model):
    """One day's look at a shop's circle; ``alarms`` names what somebody should look at."""

    tenant_id: models.UUIDField[UUID, UUID] = models.UUIDField()
    day = models.DateField()
    figures = models.JSONField(help_text="see tenants.concentration.figures.Figures; money in minor units")
    currency = models.CharField(max_length=3)
    alarms = ArrayField(models.CharField(max_length=20), default=list)
    taken_at = models.DateTimeField(db_default=Now())
    seen_by = models.CharField(max_length=200, blank=True, default="")
    seen_note = models.CharField(max_length=300, blank=True, default="")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "day"], name="circle_reading_daily")]
        indexes = [
            models.Index(
                fields=["tenant_id", "-day"],
                condition=models.Q(seen_at__isnull=True) & ~models.Q(alarms=[]),
                name="circle_alarm_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"
