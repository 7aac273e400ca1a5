"""Money that comes in. Lives in "public"; amounts are minor units."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payments.payments import declines
from kernel.models import OutgoingRow


class Payment(OutgoingRow):
    """One attempt to be paid for one thing; the member may try several cards on it."""

    class State(models.TextChoices):
        CREATED = "created", _("begun")
        REQUIRES_ACTION = "requires_action", _("waits for the payer")
        PROCESSING = "processing", _("in progress")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
    OPEN = frozenset(State) - FINAL

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
    error_code = models.CharField(max_length=60, blank=True, default="")
    # what the central team has to look at
    problem = models.CharField(_("problem"), max_length=300, blank=True, default="")
    # refunds requested, on their way or done
    refunded = models.BigIntegerField(_("refunded"), default=0)
    created_at = models.DateTimeField(_("since"), db_default=Now())
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
                fields=["next_try_at"],
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
