"""Vouchers: bought in a shop, redeemed at the merchant's, use by use.

A voucher has a number of uses. Each is redeemed, refunded or lapsed, never two of these: the database
bounds their sum. A redemption that was a mistake is taken back by a row of its own.
"""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from catalog.models import Supplier
from fulfilment.orders.models import SupplierOrderLine
from kernel.days import last_day
from kernel.models import Uuid7Model

CODE_ALPHABET, CODE_LENGTH = "23456789ABCDEFGHJKMNPQRSTWXYZ", 12
"""No 0 O 1 I L U V: a code is read aloud where there is no camera. 29^12 codes: nobody guesses one."""


class Voucher(Uuid7Model):
    """One unit of a voucher line, as the member holds it."""

    line = models.ForeignKey(SupplierOrderLine, on_delete=models.PROTECT, related_name="vouchers")
    position = models.PositiveIntegerField(help_text="which unit of its line, from 1")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="vouchers")
    schema = models.CharField(max_length=63, help_text="schema of the tenant that sold")
    tenant_id = models.UUIDField()
    order_id = models.UUIDField(help_text="the tenant's order")
    code = models.CharField(max_length=16, unique=True, help_text="what is scanned; nobody can guess it")
    title = models.JSONField()
    uses = models.PositiveSmallIntegerField(default=1)
    redeemed = models.PositiveSmallIntegerField(default=0)
    refunded = models.PositiveSmallIntegerField(default=0, help_text="uses whose money goes or went back")
    refunding = models.PositiveSmallIntegerField(default=0, help_text="uses whose money is on its way back")
    lapsed = models.PositiveSmallIntegerField(default=0, help_text="uses nobody came for in time")
    refund_on_expiry = models.BooleanField(default=True)
    issued_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(help_text="the end of its last day, where the merchant is")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["line", "position"], name="voucher_once"),
            models.CheckConstraint(
                condition=Q(
                    uses__gt=0, uses__gte=F("redeemed") + F("refunded") + F("refunding") + F("lapsed")
                ),
                name="voucher_uses_bounded",
            ),
        ]
        indexes = [
            models.Index(fields=["order_id"], name="voucher_by_order"),
            models.Index(fields=["supplier", "expires_at"], name="voucher_by_supplier"),
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def left(self) -> int:
        """Uses that can still be redeemed."""
        return self.uses - self.redeemed - self.refunded - self.refunding - self.lapsed

    @property
    def valid_until(self) -> date:
        """The last day on which it is good, where its merchant is."""
        return last_day(self.expires_at, self.supplier.zone)

    @property
    def masked(self) -> str:
        """The code without its end: enough to find it on a list, too little to redeem it."""
        return f"{self.spaced[:-4]}····"

    @property
    def spaced(self) -> str:
        """The code in groups of four, as people read it aloud."""
        return " ".join(self.code[start : start + 4] for start in range(0, len(self.code), 4))


class Redemption(Uuid7Model):
    """Uses of a voucher that were redeemed at once, or (negative) taken back as a mistake. Append-only."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="redemptions")
    uses = models.SmallIntegerField()
    idempotency_key = models.CharField(max_length=120, unique=True)
    by = models.CharField(max_length=200, help_text="who scanned it, as the audit log names them")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(uses=0), name="redemption_not_zero")]
