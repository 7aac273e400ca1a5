"""Money that goes back. Lives in "public"; amounts are minor units."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payments.payments.models import Payment
from kernel.models import OutgoingRow


class Refund(OutgoingRow):
    """Money of a payment that goes back."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        SENT = "sent", _("sent")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")

    FINAL = frozenset({State.SUCCEEDED, State.FAILED})
    OPEN = frozenset(State) - FINAL

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds", db_index=False)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    requested_by = models.CharField(_("by"), max_length=200)
    is_unapplied = models.BooleanField(default=False, help_text="of money that never reached its purpose")
    is_foreign = models.BooleanField(default=False, help_text="made on the provider's own pages")
    idempotency_key = models.CharField(max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    created_at = models.DateTimeField(_("since"), db_default=Now())
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
