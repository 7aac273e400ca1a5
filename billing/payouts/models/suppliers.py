"""What suppliers are owed for each order, and every transfer of money to a payee's account."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.payouts.models.accounts import BankPayout
from billing.payouts.models.withdrawals import Withdrawal
from catalog.models import Supplier
from kernel.models import Uuid7Model


class Payout(Uuid7Model):
    """One transfer of money to a payee: to a supplier for its payables, or for one withdrawal."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        PAID = "paid"
        FAILED = "failed"

    FINAL = frozenset({State.PAID, State.FAILED})

    supplier = models.ForeignKey(Supplier, null=True, on_delete=models.PROTECT, related_name="payouts")
    withdrawal = models.OneToOneField(Withdrawal, null=True, on_delete=models.PROTECT, related_name="payout")
    destination = models.CharField(max_length=80, help_text="the gateway's account of the payee")
    currency = models.CharField(max_length=3)
    gross = models.BigIntegerField(help_text="sum of its payables, or what a withdrawal leaves to be sent")
    netted = models.BigIntegerField(default=0, help_text="kept back for what the supplier owes from refunds")
    amount = models.BigIntegerField(help_text="what is sent: gross less netted")
    source_charge = models.CharField(
        max_length=80, blank=True, default="", help_text="the charge it is paid from"
    )
    transfer_group = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    external_id = models.CharField(max_length=80, null=True, unique=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    requested_at = models.DateTimeField(db_default=Now())
    first_tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    key_round = models.PositiveSmallIntegerField(
        default=0, help_text="how often it was refused for want of money; each time under a new key"
    )
    is_prefunded = models.BooleanField(
        default=False, help_text="paid from our own balance before the charge's money came"
    )
    bank_payout = models.ForeignKey(
        BankPayout, null=True, on_delete=models.PROTECT, related_name="payouts", help_text="how it went on"
    )

    class Meta:
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


class Payable(Uuid7Model):
    """What one supplier is owed for its part of one order."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DUE = "due"
        IN_PAYOUT = "in_payout"
        PAID = "paid"
        CANCELLED = "cancelled"

    tenant_id = models.UUIDField()
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="payables")
    supplier_order_id = models.UUIDField(unique=True)
    order_id = models.UUIDField()
    payment_id = models.UUIDField(null=True, help_text="empty where a prepaid balance paid")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    settlement = models.CharField(max_length=10, choices=Supplier.Settlement, help_text="what makes it due")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="payables")
    cancelled = models.BigIntegerField(
        default=0, help_text="refunded before it was paid out, and taken off the amount"
    )
    taken_back = models.BigIntegerField(
        default=0, help_text="refunded after it was paid; the supplier owes it"
    )
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True, help_text="not tried before, after a failure")
    blocked_by = models.CharField(
        max_length=60, blank=True, default="", help_text="why it is not paid out: a dispute, for instance"
    )
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, cancelled__gte=0), name="payable_positive"),
            models.CheckConstraint(
                condition=Q(taken_back__gte=0, taken_back__lte=F("amount")), name="payable_taken_back_bounded"
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
        return 0 if self.state == self.State.CANCELLED else self.amount - self.taken_back

    def cancel(self, amount: int) -> None:
        """Take ``amount`` off what is owed; once nothing is, it is cancelled and shows what it once was."""
        self.cancelled += amount
        self.amount -= amount
        if not self.amount:
            self.state, self.amount = self.State.CANCELLED, self.cancelled
