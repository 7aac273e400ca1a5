"""Live rooms, notes and groups through which sales come."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.models import Uuid7Model
from tenants.agents.members.models import Member


class Origin(Uuid7Model):
    """A live room, note or group through which sales come, and whose it is. A link names it by ``code``."""

    class Kind(models.TextChoices):
        ROOM = "room", _("live room")
        NOTE = "note", _("note")
        GROUP = "group", _("group")

    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=5, choices=Kind)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="origins")
    title = models.CharField(max_length=120)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.title
