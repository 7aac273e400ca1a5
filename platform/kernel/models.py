"""What every domain builds on: time-ordered keys, the outbox and the audit log.

Both tables live in "public" and carry the schema they speak of.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id


class Uuid7Model(models.Model):
    """A row keyed by a UUIDv7, whether Django or plain SQL inserts it."""

    id = models.UUIDField(
        primary_key=True,
        default=new_id,
        db_default=models.Func(function="uuidv7", output_field=models.UUIDField()),
        editable=False,
    )

    class Meta:
        abstract = True


class OutgoingRow(Uuid7Model):
    """What is asked of somebody outside, and how far that is: see kernel.outgoing."""

    external_id = models.CharField(_("provider's id"), max_length=80, null=True, unique=True)
    first_tried_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    last_error = models.CharField(_("last error"), max_length=300, blank=True, default="")

    class Meta:
        abstract = True


class OutboxEvent(Uuid7Model):
    """Something that happened, written in the transaction in which it happened.

    A relay hands it to the handlers registered for its topic, each in a transaction of its own together with
    its name in ``done``, the last one with ``handled_at``; failures are tried again, later each time.
    """

    topic = models.CharField(_("topic"), max_length=80)
    schema = models.CharField(_("shop"), max_length=63)
    payload = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("written"), db_default=Now())
    available_at = models.DateTimeField(_("next try"), db_default=Now())
    handled_at = models.DateTimeField(_("handled"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    last_error = models.TextField(_("last error"), default="", db_default="")
    done = ArrayField(
        models.CharField(max_length=200), default=list, db_default=[], help_text="handlers that ran"
    )
    given_up = models.TextField(default="", db_default="", help_text="why a person ended it unhandled")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events (outbox)")
        indexes = [
            models.Index(fields=["available_at"], condition=Q(handled_at=None), name="outbox_waiting"),
        ]


class AuditEntry(Uuid7Model):
    """Who did what to what, and why. Append-only: the database refuses to change or delete a row."""

    schema = models.CharField(_("shop"), max_length=63)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(_("who"), max_length=200)
    action = models.CharField(_("what"), max_length=80)
    object_type = models.CharField(_("kind of object"), max_length=80)
    object_id = models.CharField(_("id"), max_length=80)
    object_label = models.CharField(_("object"), max_length=200, default="")
    changes = models.JSONField(_("changes"), default=dict)
    reason = models.TextField(_("reason"), default="")
    at = models.DateTimeField(_("when"), db_default=Now())

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["schema", "-at"], name="audit_by_schema"),
            # Who gave whom a role is asked before money is let go.
            models.Index(
                fields=["object_id"], condition=models.Q(object_type="accounts.user"), name="audit_of_people"
            ),
        ]


NO_ONE = uuid.UUID(int=0)
"""Stands for the platform itself where a key may not be NULL."""
