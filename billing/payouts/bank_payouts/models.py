"""How payees' money went on from their accounts at the payment service to their banks."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payouts.accounts.models import PayoutAccount
from kernel.models import OutgoingRow


class BankPayout(OutgoingRow):
    """What went on from a payee's account to their bank: some payouts of one currency, together.

    Each one is asked for at the payment service and followed until it has arrived. What a bank gives back
    lies on the payee's account again and goes out anew in another row.
    """

    class Method(models.TextChoices):
        INSTANT = "instant", _("at once")
        """Within minutes, where the bank takes that."""
        STANDARD = "standard", _("standard")
        """In some working days."""
        DIRECT = "direct", _("with the transfer")
        """The payment service pays out what it transfers; nothing is asked for."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        SENT = "sent", _("on its way")
        PAID = "paid", _("arrived")
        FAILED = "failed", _("came back")

    OPEN = frozenset({State.REQUESTED, State.SENT})

    account = models.ForeignKey(
        PayoutAccount, on_delete=models.PROTECT, related_name="bank_payouts", verbose_name=_("payout account")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.BigIntegerField(_("amount"))
    method = models.CharField(_("how fast"), max_length=8, choices=Method)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.REQUESTED)
    created_at = models.DateTimeField(_("since"), db_default=Now())
    # when the payment service expects it in the bank
    arrives_at = models.DateTimeField(_("expected"), null=True)
    arrived_at = models.DateTimeField(_("arrived"), null=True)
    # what came back goes out anew in this row
    replaced_by = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaces", verbose_name=_("sent anew as")
    )

    class Meta:
        verbose_name = _("bank payout")
        verbose_name_plural = _("bank payouts")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_payout_positive"),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(arrived_at__isnull=False), name="bank_payout_arrived_at"
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | Q(state="failed"),
                name="bank_payout_replaced_if_failed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(state__in=["requested", "sent"]),
                name="bank_payout_unfinished",
            ),
            models.Index(
                fields=["next_try_at"],
                condition=Q(state="failed", replaced_by__isnull=True),
                name="bank_payout_came_back",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)
