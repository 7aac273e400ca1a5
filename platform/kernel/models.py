"""What every domain builds on: time-ordered keys, the outbox and the audit log.

Both tables live in "public" and carry the schema they speak of.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.database.fields import IdField


class Uuid7Model(models.Model):
    """A row keyed by a UUIDv7."""

    id = IdField()

    class Meta:
        abstract = True


class OutgoingRow(Uuid7Model):
    """What is asked of somebody outside, and how far that is: see kernel.calls.outgoing."""

    external_id = models.CharField(_("provider's id"), max_length=80, null=True, unique=True)
    first_tried_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    last_error = models.CharField(_("last error"), max_length=300, blank=True, default="")

    class Meta:
        abstract = True


class Event(Uuid7Model):
    """Something that happened here (outbox), or that a provider reported (inbox): see kernel.events.queues.

    Those of the outbox are written in the transaction in which it happened. ``done`` names the handlers that
    ran; after the last one ``handled_at`` is set.
    """

    class Queue(models.TextChoices):
        OUTBOX = "outbox", _("our own events (outbox)")
        INBOX = "inbox", _("from the provider (inbox)")
        MAIL = "mail", _("mails to be sent")

    queue = models.CharField(
        _("queue"), max_length=6, choices=Queue, default=Queue.OUTBOX, db_default=Queue.OUTBOX
    )
    # the provider that reported it, and its own id of the event
    source = models.CharField(_("provider"), max_length=20, default="", db_default="")
    external_id = models.CharField(_("provider's id"), max_length=80, null=True)
    topic = models.CharField(_("topic"), max_length=80)
    schema = models.CharField(_("shop"), max_length=63)
    payload = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("written"), db_default=Now())
    available_at = models.DateTimeField(_("next try"), db_default=Now())
    handled_at = models.DateTimeField(_("handled"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    last_error = models.TextField(_("last error"), default="", db_default="")
    # names of the handlers that ran
    done = ArrayField(models.CharField(max_length=200), default=list, db_default=[])
    # why a person ended it unhandled
    given_up = models.TextField(default="", db_default="")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=Q(queue="inbox"), name="event_received_once"
            ),
            models.CheckConstraint(
                condition=Q(queue__in=["outbox", "mail"], external_id=None)
                | (Q(queue="inbox") & ~Q(external_id=None)),
                name="event_of_one_queue",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "available_at"], condition=Q(handled_at=None), name="event_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.payload.get('object_id', '')}".strip()


class WaitingMail(Uuid7Model):
    """A mail that a worker has still to deliver; the row goes when it is delivered: see kernel.mail.

    It may hold a code or a link that signs somebody in, so no page shows it.
    """

    subject = models.TextField()
    body = models.TextField()
    sender = models.TextField()
    to = ArrayField(models.TextField())
    cc = ArrayField(models.TextField(), default=list)
    bcc = ArrayField(models.TextField(), default=list)
    reply_to = ArrayField(models.TextField(), default=list)
    # other forms of the body: [content, type]
    alternatives = models.JSONField(default=list)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.pk)


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


class HanCharacter(models.Model):
    """A Chinese character as searches take it (kernel.texts.characters). ``readings``: pinyin, no tones."""

    character = models.CharField(max_length=1, primary_key=True)
    simplified = models.CharField(max_length=1)
    readings = ArrayField(models.CharField(max_length=8))


class PinyinSyllable(models.Model):
    """A syllable that some character is read as."""

    syllable = models.CharField(max_length=8, primary_key=True)


NO_ONE = uuid.UUID(int=0)
"""Stands for the platform itself where a key may not be NULL."""
