"""Money that comes in and goes back, and the inbox of the gateway's news. Lives in "public".

Amounts are minor units. Rows carry the schema and the tenant they speak of.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payments import declines
from kernel.models import Uuid7Model


class Payment(Uuid7Model):
    """One attempt to be paid for one thing; the member may try several cards on it."""

    class State(models.TextChoices):
        CREATED = "created", _("begun")
        REQUIRES_ACTION = "requires_action", _("waits for the payer")
        PROCESSING = "processing", _("in progress")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})

    tenant_id = models.UUIDField(_("shop"))
    # the tenant's schema, where the effect happens
    schema = models.CharField(_("schema"), max_length=63)
    # see billing.payments.gateway
    gateway = models.CharField(_("provider"), max_length=20, default="stripe")
    # see billing.payments.purposes
    purpose = models.CharField(_("for"), max_length=40)
    # what is paid, an order for instance
    reference_id = models.UUIDField(_("about"))
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    description = models.CharField(_("description"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.CREATED)
    external_id = models.CharField(_("provider's id"), max_length=80, null=True, unique=True)
    charge_id = models.CharField(_("charge"), max_length=80, blank=True, default="")
    client_secret = models.CharField(max_length=1000, blank=True, default="")
    payer = models.CharField(
        max_length=128, blank=True, default="", help_text="who alone can pay it, inside the provider's app"
    )
    turn = models.PositiveSmallIntegerField(default=0, help_text="how often it was placed anew")
    replaces = models.CharField(
        max_length=80, blank=True, default="", help_text="what has to be closed before it is placed anew"
    )
    next_action_url = models.CharField(
        max_length=500, blank=True, default="", help_text="where the member has to go"
    )
    # as the gateway says it
    last_error = models.CharField(_("last error"), max_length=300, blank=True, default="")
    error_code = models.CharField(max_length=60, blank=True, default="")
    # what the central team has to look at
    problem = models.CharField(_("problem"), max_length=300, blank=True, default="")
    # refunds requested, on their way or done
    refunded = models.BigIntegerField(_("refunded"), default=0)
    created_at = models.DateTimeField(_("since"), db_default=Now())
    first_tried_at = models.DateTimeField(null=True, help_text="first call with this payment's key")
    next_check_at = models.DateTimeField(null=True, help_text="when the gateway is asked if no news came")
    succeeded_at = models.DateTimeField(_("paid"), null=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="payment_refund_bounded"
            ),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(succeeded_at__isnull=False), name="payment_succeeded_at"
            ),
            models.UniqueConstraint(
                fields=["purpose", "reference_id"],
                condition=~Q(state__in=["failed", "cancelled"]),
                name="payment_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["reference_id"], name="payment_by_reference"),
            models.Index(
                fields=["next_check_at"],
                condition=Q(state__in=["created", "requires_action", "processing"]),
                name="payment_open",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)

    @property
    def error_text(self) -> str:
        """Why the last try failed, in the reader's language; empty if it did not."""
        return str(declines.MEANING.get(self.error_code, self.last_error))


class Refund(Uuid7Model):
    """Money of a payment that goes back."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        SENT = "sent", _("sent")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")

    FINAL = frozenset({State.SUCCEEDED, State.FAILED})

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds", db_index=False)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    requested_by = models.CharField(_("by"), max_length=200)
    is_unapplied = models.BooleanField(default=False, help_text="of money that never reached its purpose")
    idempotency_key = models.CharField(max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    external_id = models.CharField(_("provider's id"), max_length=80, null=True, unique=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(_("since"), db_default=Now())
    first_tried_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(fields=["payment", "idempotency_key"], name="refund_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state__in=["requested", "sent"]), name="refund_unfinished"
            )
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)


class Dispute(Uuid7Model):
    """A payment that the member's bank wants back. While it is open, nobody gets anything of that money."""

    class State(models.TextChoices):
        NEEDS_RESPONSE = "needs_response", _("waits for an answer")
        UNDER_REVIEW = "under_review", _("the bank decides")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    FINAL = frozenset({State.WON, State.LOST})

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("payment")
    )
    external_id = models.CharField(_("provider's id"), max_length=80, unique=True)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    # the part of it that cannot be refunded meanwhile
    reserved = models.BigIntegerField(_("cannot be refunded meanwhile"))
    # taken off our balance at present
    withdrawn = models.BigIntegerField(_("taken at present"), default=0)
    # what the provider asks for it
    fee = models.BigIntegerField(_("fee"), default=0)
    state = models.CharField(_("state"), max_length=14, choices=State, default=State.NEEDS_RESPONSE)
    # the provider's word
    reason = models.CharField(_("reason"), max_length=80, blank=True, default="")
    # what was answered
    evidence = models.TextField(_("answer"), blank=True, default="")
    respond_by = models.DateTimeField(_("answer until"), null=True)
    opened_at = models.DateTimeField(_("since"), db_default=Now())
    closed_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, reserved__gte=0, reserved__lte=F("amount"), fee__gte=0)
                & Q(withdrawn__gte=0, withdrawn__lte=F("amount")),
                name="dispute_bounded",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["won", "lost"], closed_at__isnull=False)
                | Q(state__in=["needs_response", "under_review"], closed_at__isnull=True),
                name="dispute_closed_at",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


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
