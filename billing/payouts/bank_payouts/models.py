"""How payees' money went on from their accounts to their banks."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payouts.accounts.models import PayoutAccount
from kernel.models import OutgoingRow


class BankPayout(OutgoingRow):
    """What went on from a payee's account to their bank: one batch a payee and currency.

    ``instant`` is ours to ask for and takes minutes; ``standard`` follows the payment service's own
    timetable, and nothing is asked for.
    """

    class Method(models.TextChoices):
        INSTANT = "instant", _("at once")
        STANDARD = "standard", _("standard")

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        SENT = "sent", _("sent")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")
        """It stays on the payee's account and goes on by the standard timetable."""
        SCHEDULED = "scheduled", _("by the provider's timetable")
        """The payment service sends it by its own timetable."""

    FINAL = frozenset({State.PAID, State.FAILED, State.SCHEDULED})
    OPEN = frozenset(State) - FINAL

    account = models.ForeignKey(
        PayoutAccount, on_delete=models.PROTECT, related_name="bank_payouts", verbose_name=_("payout account")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.BigIntegerField(_("amount"))
    method = models.CharField(_("how fast"), max_length=8, choices=Method)
    state = models.CharField(_("state"), max_length=9, choices=State)
    created_at = models.DateTimeField(_("since"), db_default=Now())
    arrives_at = models.DateTimeField(_("arrives"), null=True)

    class Meta:
        verbose_name = _("bank payout")
        verbose_name_plural = _("bank payouts")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_payout_positive"),
            models.CheckConstraint(
                condition=Q(method="standard", state="scheduled")
                | (Q(method="instant") & ~Q(state="scheduled")),
                name="bank_payout_method_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(state__in=["requested", "sent"]),
                name="bank_payout_unfinished",
            )
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)
