"""What each supplier has to send: the paid order, split. Lives in "public".

A supplier sees its own rows and in them only what it needs to ship: no prices of the shop, no
other supplier's lines. Amounts are supply cost and freight in minor units.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from kernel.models import Uuid7Model


class SupplierOrder(Uuid7Model):
    """What one supplier sends of one paid order: its parcels, or its vouchers. Samples are orders, too.

    Vouchers are sent by being issued, and received when nothing on them is left to redeem.
    """

    class State(models.TextChoices):
        TO_SHIP = "to_ship", _("to ship")
        SHIPPED = "shipped", _("shipped")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")

    class Kind(models.TextChoices):
        SALE = "sale"
        SAMPLE = "sample"

    class Delivery(models.TextChoices):
        PARCEL = "parcel"
        VOUCHER = "voucher"

    # schema of the tenant that sold
    schema = models.CharField(_("schema"), max_length=63)
    tenant_id = models.UUIDField(_("shop"))
    # the tenant's order
    order_id = models.UUIDField(_("order"))
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SALE)
    delivery = models.CharField(max_length=8, choices=Delivery, default=Delivery.PARCEL)
    number = models.CharField(_("number"), max_length=40, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="orders", verbose_name=_("supplier")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.TO_SHIP)
    # who the parcel comes from, as the buyer knows it
    shop_name = models.CharField(_("sender"), max_length=120)
    # name, phone, address, region; empty for vouchers
    ship_to = models.JSONField(_("address"))
    currency = models.CharField(_("currency"), max_length=3)
    cost = models.BigIntegerField(_("cost"))
    freight = models.BigIntegerField(_("freight"), default=0)
    created_at = models.DateTimeField(_("since"), db_default=Now())
    shipped_at = models.DateTimeField(_("shipped"), null=True)
    received_at = models.DateTimeField(_("received"), null=True)

    class Meta:
        verbose_name = _("supplier order")
        verbose_name_plural = _("supplier orders")
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
        """What we owe the supplier for it as it was ordered: cost and freight, minor units."""
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
    sku = models.CharField(_("SKU"), max_length=120, blank=True, default="")
    title = models.JSONField(_("title"))
    options = models.JSONField(_("options"), default=list)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_cost = models.BigIntegerField(_("unit cost"))
    shipped = models.PositiveIntegerField(default=0, help_text="units sent")
    cancelled = models.PositiveIntegerField(default=0, help_text="units that will not be sent")
    refunding = models.PositiveIntegerField(default=0, help_text="units whose money is on its way back")

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_cost__gte=0), name="supplier_line_positive"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped") + F("cancelled") + F("refunding")),
                name="supplier_line_bounded",
            ),
        ]

    @property
    def waiting(self) -> int:
        """Units that are still to be sent."""
        return self.quantity - self.shipped - self.cancelled - self.refunding


class Shipment(Uuid7Model):
    """A parcel on its way, with what is in it."""

    supplier_order = models.ForeignKey(SupplierOrder, on_delete=models.CASCADE, related_name="shipments")
    carrier = models.CharField(_("carrier"), max_length=60)
    tracking_number = models.CharField(_("tracking number"), max_length=60)
    contents = models.JSONField(default=dict, help_text="line id -> units in this parcel")
    shipped_at = models.DateTimeField(_("shipped"), db_default=Now())

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier_order", "carrier", "tracking_number"], name="shipment_once"
            )
        ]
