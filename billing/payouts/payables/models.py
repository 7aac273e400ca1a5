"""What suppliers are owed for each order."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.payouts.transfers.models import Payout
from catalog.models import Supplier
from kernel.models import Uuid7Model


class Payable(Uuid7Model):
    """What one supplier is owed for its part of one order."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DUE = "due", _("due")
        IN_PAYOUT = "in_payout", _("being paid")
        PAID = "paid", _("paid")
        CANCELLED = "cancelled", _("cancelled")

    tenant_id = models.UUIDField(_("shop"))
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="payables", verbose_name=_("supplier")
    )
    supplier_order_id = models.UUIDField(_("supplier order"), unique=True)
    order_id = models.UUIDField(_("order"))
    # empty where a prepaid balance paid
    payment_id = models.UUIDField(_("payment"), null=True)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    # what makes it due
    settlement_policy = models.CharField(_("due when"), max_length=10, choices=Supplier.SettlementPolicy)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    payout = models.ForeignKey(
        Payout, null=True, on_delete=models.PROTECT, related_name="payables", verbose_name=_("payout")
    )
    # refunded before it was paid out, and taken off the amount
    cancelled = models.BigIntegerField(_("refunded before it was paid"), default=0)
    # refunded after it was paid; the supplier owes it
    clawed_back = models.BigIntegerField(_("clawed back"), default=0)
    created_at = models.DateTimeField(_("since"), db_default=Now())
    due_at = models.DateTimeField(_("due"), null=True)
    # not tried before, after a failure
    retry_at = models.DateTimeField(_("not tried before"), null=True)
    # why it is not paid out: a dispute, for instance
    blocked_by = models.CharField(_("waits for the end of"), max_length=60, blank=True, default="")
    problem = models.CharField(_("problem"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("payable")
        verbose_name_plural = _("payables")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, cancelled__gte=0), name="payable_positive"),
            models.CheckConstraint(
                condition=Q(clawed_back__gte=0, clawed_back__lte=F("amount")),
                name="payable_clawed_back_bounded",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["in_payout", "paid"], payout__isnull=False)
                | Q(state__in=["waiting", "due", "cancelled"], payout__isnull=True),
                name="payable_payout_iff_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["order_id"], name="payable_by_order"),
            models.Index(fields=["supplier", "currency"], condition=Q(state="due"), name="payable_due"),
        ]

    def __str__(self) -> str:
        return str(self.supplier_order_id)

    @property
    def left(self) -> int:
        """What refunds can still take back of it, minor units."""
        return 0 if self.state == self.State.CANCELLED else self.amount - self.clawed_back

    def cancel(self, amount: int) -> None:
        """Take ``amount`` off what is owed; once nothing is, it is cancelled and shows what it once was."""
        self.cancelled += amount
        self.amount -= amount
        if not self.amount:
            self.state, self.amount = self.State.CANCELLED, self.cancelled
