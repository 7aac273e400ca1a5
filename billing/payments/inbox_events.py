"""x"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.models import Uuid7Model


class InboxEvent(Uuid7Model):
    """News from a gateway, kept before it is understood. Only ids are kept: the object is fetched anew."""

    source = models.CharField(_("source"), max_length=20)
    external_id = models.CharField(_("provider's id"), max_length=80)
    topic = models.CharField(_("topic"), max_length=80)
    object_id = models.CharField(_("object"), max_length=80)
    # connected account it is about
    account = models.CharField(_("account"), max_length=80, blank=True, default="")
    received_at = models.DateTimeField(_("received at"), db_default=Now())
    available_at = models.DateTimeField(_("next try"), db_default=Now())
    handled_at = models.DateTimeField(_("handled"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.TextField(_("last error"), blank=True, default="")
    given_up = models.TextField(blank=True, default="", help_text="why a person ended it unhandled")

    class Meta:
        verbose_name = _("provider's message")
        verbose_name_plural = _("provider's messages (inbox)")
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="inbox_once")]
        indexes = [
            models.Index(fields=["available_at"], condition=Q(handled_at=None), name="inbox_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.object_id}"
