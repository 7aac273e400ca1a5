"""What each supplier has to send: the paid order, split. Lives in "public".

A supplier sees its own rows and in them only what it needs to ship: no prices of the shop, no
other supplier's lines. Amounts are supply cost and freight in minor units.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from catalog.models import Supplier
from kernel.models import Uuid7Model


class SupplierOrder(Uuid7Model):
    """One supplier's part of one paid order: its parcels, or its vouchers. Samples are orders, too.

    Vouchers are sent by being issued, and received when nothing on them is left to redeem.
    """

    class State(models.TextChoices):
        TO_SHIP = "to_ship"
        SHIPPED = "shipped"
        RECEIVED = "received"
        CANCELLED = "cancelled"

    class Kind(models.TextChoices):
        SALE = "sale"
        SAMPLE = "sample"

    class Delivery(models.TextChoices):
        PARCEL = "parcel"
        VOUCHER = "voucher"

    schema = models.CharField(max_length=63, help_text="schema of the tenant that sold")
    tenant_id = models.UUIDField()
    order_id = models.UUIDField(help_text="the tenant's order")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SALE)
    delivery = models.CharField(max_length=8, choices=Delivery, default=Delivery.PARCEL)
    number = models.CharField(max_length=40, unique=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    state = models.CharField(max_length=10, choices=State, default=State.TO_SHIP)
    shop_name = models.CharField(max_length=120, help_text="who the parcel comes from, as the buyer knows it")
    ship_to = models.JSONField(help_text="name, phone, address, region; empty for vouchers")
    currency = models.CharField(max_length=3)
    cost = models.BigIntegerField()
    freight = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    shipped_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id", "supplier", "delivery"], name="supplier_order_once"),
            models.CheckConstraint(
                condition=Q(cost__gte=0, freight__gte=0), name="supplier_order_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["supplier", "state", "-id"], name="supplier_order_queue")]

    def __str__(self) -> str:
        return self.number

    @property
    def payable(self) -> int:
        """What we owe the supplier for this part as it was ordered: cost and freight, minor units."""
        return self.cost + self.freight

    @property
    def not_owed(self) -> int:
        """What of that is not owed since units will not be sent, minor units; lines should be prefetched."""
        if self.state == self.State.CANCELLED:
            return self.payable
        return sum(line.cancelled * line.unit_cost for line in self.lines.all())

    @property
    def owed(self) -> int:
        """What is left of ``payable``, minor units. Refunds of what was sent stand on the statement only."""
        return self.payable - self.not_owed


class SupplierOrderLine(Uuid7Model):
    """A variant and how many, as they were when the order was paid, and what became of the units.

    Whatever happens, no unit is sent twice, and none is sent that was cancelled: the database says so.
    """

    supplier_order = models.ForeignKey(SupplierOrder, on_delete=models.CASCADE, related_name="lines")
    variant_id = models.UUIDField()
    sku = models.CharField(max_length=120, blank=True, default="")
    title = models.JSONField()
    options = models.JSONField(default=list)
    quantity = models.PositiveIntegerField()
    unit_cost = models.BigIntegerField()
    shipped = models.PositiveIntegerField(default=0, help_text="units sent")
    cancelled = models.PositiveIntegerField(default=0, help_text="units that will not be sent")
    held = models.PositiveIntegerField(default=0, help_text="units whose money is on its way back")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_cost__gte=0), name="supplier_line_positive"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped") + F("cancelled") + F("held")),
                name="supplier_line_bounded",
            ),
        ]

    @property
    def waiting(self) -> int:
        """Units that are still to be sent."""
        return self.quantity - self.shipped - self.cancelled - self.held


class Shipment(Uuid7Model):
    """A parcel on its way, with what is in it."""

    supplier_order = models.ForeignKey(SupplierOrder, on_delete=models.CASCADE, related_name="shipments")
    carrier = models.CharField(max_length=60)
    tracking_number = models.CharField(max_length=60)
    contents = models.JSONField(default=dict, help_text="line id -> units in this parcel")
    shipped_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier_order", "carrier", "tracking_number"], name="shipment_once"
            )
        ]
