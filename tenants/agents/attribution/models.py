"""Devices on which members were seen."""

from django.db import models
from django.db.models.functions import Now

from kernel.models import Uuid7Model
from tenants.agents.members.models import Member


class DeviceSeen(Uuid7Model):
    """A member signed in or bought on a device; two members on one device may be one person."""

    device = models.CharField(max_length=43)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="devices")
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "member"], name="device_seen_once")]
