"""Units of supplier orders that are kept back while their money is on its way to the buyer."""

from django.db import models
from django.db.models import Q

from fulfilment.orders.models import SupplierOrderLine
from fulfilment.vouchers.models import Voucher
from kernel.models import Uuid7Model


class RefundReservation(Uuid7Model):
    """Units, or uses of a voucher, that nobody can send or redeem: their money is on its way back."""

    cause_id = models.UUIDField(help_text="the refund, or the after-sales case that asks for one")
    line = models.ForeignKey(SupplierOrderLine, on_delete=models.PROTECT, related_name="refund_reservations")
    voucher = models.ForeignKey(
        Voucher, null=True, on_delete=models.PROTECT, related_name="refund_reservations"
    )
    units = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="refund_reservation_not_empty")]
        indexes = [models.Index(fields=["cause_id"], name="refund_reservation_by_cause")]
