"""Units of variants: what can be reserved, what is reserved, for whom."""

from django.db import models
from django.db.models import Q

from catalog.products.models import Variant
from kernel.models import Uuid7Model


class Stock(models.Model):
    """Units of a variant. ``available`` can be reserved, ``reserved`` waits for its payment.

    Of a hot variant every free unit is a row of StockToken, and the two columns are what was counted
    last (at most some seconds ago, see ``services.count_hot``): sales leave this row alone.
    """

    variant = models.OneToOneField(Variant, primary_key=True, on_delete=models.CASCADE, related_name="stock")
    available = models.IntegerField(default=0, db_default=0)
    reserved = models.IntegerField(default=0, db_default=0)
    is_hot = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0, reserved__gte=0), name="stock_not_negative")
        ]


class StockToken(models.Model):
    """One free unit of a hot variant; whoever deletes the row has the unit."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, db_index=False, db_constraint=False)

    class Meta:
        indexes = [models.Index(fields=["variant", "id"], name="stock_token_by_variant")]


class Reservation(Uuid7Model):
    """Units reserved for one reference (an order) until it is paid or ``expires_at`` passes.

    Rows stay as a record after that, so that the same command twice has no second effect.
    Only the database's functions move stock and state, together.
    """

    class State(models.TextChoices):
        RESERVED = "reserved"
        COMMITTED = "committed"
        RELEASED = "released"
        EXPIRED = "expired"

    reference = models.UUIDField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    allocation = models.ForeignKey(
        "catalog.Allocation", null=True, on_delete=models.PROTECT, related_name="reservations"
    )
    from_open = models.BooleanField(default=False, db_default=False)
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.RESERVED, db_default=State.RESERVED)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "variant"], name="reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="reserved"), name="reservation_expiry")
        ]
