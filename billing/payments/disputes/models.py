"""Payments that a bank wants back. Lives in "public"; amounts are minor units."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payments.payments.models import Payment
from kernel.models import Uuid7Model


class Dispute(Uuid7Model):
    """A payment that the member's bank wants back. While it is open, nobody gets anything of that money."""

    class State(models.TextChoices):
        NEEDS_RESPONSE = "needs_response", _("waits for an answer")
        UNDER_REVIEW = "under_review", _("the bank decides")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    FINAL = frozenset({State.WON, State.LOST})
    OPEN = frozenset(State) - FINAL
    UNFINISHED = Q(closed_at=None) | Q(state=State.LOST, taken_back_at=None)
    """While it is open, or lost and not yet taken from whoever had got the money."""

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
    # when a lost one was taken from whoever had got the money: once no refund of the payment is on its way
    taken_back_at = models.DateTimeField(null=True)

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
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True) | Q(state="lost"), name="dispute_taken_back_if_lost"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id
