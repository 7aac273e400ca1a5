"""Transfers of money to payees' accounts at the payment service."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.withdrawals.models import Withdrawal
from catalog.models import Supplier
from kernel.models import OutgoingRow


class Payout(OutgoingRow):
    """One transfer of money to a payee: to a supplier for its payables, or for one withdrawal."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        SENT = "sent", _("sent")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")

    FINAL = frozenset({State.PAID, State.FAILED})
    OPEN = frozenset(State) - FINAL

    supplier = models.ForeignKey(
        Supplier, null=True, on_delete=models.PROTECT, related_name="payouts", verbose_name=_("supplier")
    )
    withdrawal = models.OneToOneField(
        Withdrawal, null=True, on_delete=models.PROTECT, related_name="payout", verbose_name=_("withdrawal")
    )
    # the gateway's account of the payee
    destination = models.CharField(_("to account"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3)
    # sum of its payables, or what a withdrawal leaves to be sent
    gross = models.BigIntegerField(_("sum of payables"))
    # kept back for what the supplier owes from refunds
    netted = models.BigIntegerField(_("kept back"), default=0)
    # what is sent: gross less netted
    amount = models.BigIntegerField(_("sent"))
    # the charge it is paid from
    source_charge = models.CharField(_("from charge"), max_length=80, blank=True, default="")
    transfer_group = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField(_("since"), db_default=Now())
    sent_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(_("paid"), null=True)
    # how often it was refused for want of money; each time under a new key
    key_round = models.PositiveSmallIntegerField(_("refused for want of money"), default=0)
    # paid from our own balance before the charge's money came
    is_prefunded = models.BooleanField(_("paid from our own balance"), default=False)
    # how it went on
    bank_payout = models.ForeignKey(
        BankPayout, null=True, on_delete=models.PROTECT, related_name="payouts", verbose_name=_("bank payout")
    )

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints = [
            models.CheckConstraint(
                condition=Q(supplier__isnull=False, withdrawal__isnull=True)
                | Q(supplier__isnull=True, withdrawal__isnull=False),
                name="payout_for_one",
            ),
            models.CheckConstraint(
                condition=Q(gross__gt=0, netted__gte=0, amount__gte=0, amount=F("gross") - F("netted")),
                name="payout_adds_up",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state__in=["requested", "sent"]), name="payout_unfinished"
            ),
            models.Index(
                fields=["destination", "currency"],
                condition=Q(state="paid", bank_payout__isnull=True, amount__gt=0),
                name="payout_not_in_bank",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)
