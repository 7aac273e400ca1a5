"""Units of a variant set aside from the shared stock: for one seller first, for the others after."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from catalog.products.models import Variant
from kernel.models import Uuid7Model


class Allocation(Uuid7Model):
    """What one campaign of one tenant has of one variant. Only the database's functions move units.

    ``own``: free for buyers who come through ``holder`` (anybody in the shop where there is none).
    ``open``: free for buyers of the ``sellers`` (whoever comes through anybody where none are named).
    What is still ``own`` when ``ends_at`` is reached counts as open; after ``matrix_until`` nothing is sold.
    """

    tenant_id = models.UUIDField()
    campaign_id = models.UUIDField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="allocations")
    holder = models.UUIDField(null=True, help_text="the member it is set aside for")
    sellers = ArrayField(models.UUIDField(), default=list, help_text="members who sell off what is left")
    units = models.IntegerField()
    own = models.IntegerField()
    open = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    sold = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    matrix_until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign_id", "variant"], name="allocation_once"),
            models.CheckConstraint(
                condition=Q(
                    units__gt=0, own__gte=0, open__gte=0, reserved__gte=0, sold__gte=0, returned__gte=0
                ),
                name="allocation_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(units=F("own") + F("open") + F("reserved") + F("sold") + F("returned")),
                name="allocation_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lte=F("ends_at"), ends_at__lte=F("matrix_until")),
                name="allocation_times",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(own=0, open=0), name="allocation_closed_is_empty"
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant", "tenant_id"], condition=Q(closed_at=None), name="allocation_running"
            )
        ]
