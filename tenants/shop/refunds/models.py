"""Money of orders that goes back, and what each refund takes from whom. Amounts in minor units."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model
from tenants.shop.orders.models import Order, OrderLine


class OrderRefund(Uuid7Model):
    """Money of an order that goes back, or went, and all that was clawed back for it.

    Written when it is requested; booked when the money has gone; what the gateway refuses takes nothing.
    """

    class State(models.TextChoices):
        REQUESTED = "requested"
        DONE = "done"
        FAILED = "failed"

    class Cause(models.TextChoices):
        REFUND = "refund"
        DISPUTE = "dispute"
        FOREIGN = "foreign"
        """Made on the payment provider's own pages."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=160)
    request_hash = models.CharField(max_length=64)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.REFUND)
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    amount = models.BigIntegerField(help_text="all that goes back, freight included")
    freight = models.JSONField(default=dict, help_text="supplier id -> freight that goes back")
    stops_shipping = models.BooleanField(default=True, help_text="units not sent yet will not be")
    reason = models.CharField(max_length=300, blank=True, default="")
    requested_by = models.CharField(max_length=200)
    payment_refund_id = models.UUIDField(null=True, unique=True, help_text="see billing.payments.Refund")
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "idempotency_key"], name="order_refund_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="order_refund_not_negative"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | ~Q(state="done") & Q(done_at__isnull=True),
                name="order_refund_done_at",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class OrderRefundLine(Uuid7Model):
    """What a refund takes from whom for one line: they sum to the line's amount."""

    refund = models.ForeignKey(OrderRefund, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="refunds")
    quantity = models.PositiveIntegerField(default=0, help_text="0: a part of the price only")
    amount = models.BigIntegerField()
    cost = models.BigIntegerField(help_text="from the supplier")
    fee = models.BigIntegerField(help_text="from the platform")
    subsidy = models.BigIntegerField(
        default=0, db_default=0, help_text="goes back to the budget, not to the buyer"
    )
    red_packet = models.BigIntegerField(
        default=0, db_default=0, help_text="the red packet's part, to whom it was from"
    )
    earnings = ArrayField(
        models.BigIntegerField(), default=list, help_text="from each earning, in their order; margin last"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="order_refund_line_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, cost__gte=0, fee__gte=0, subsidy__gte=0, red_packet__gte=0),
                name="order_refund_line_not_negative",
            ),
        ]
