"""Goods set aside for one seller's buyers for a time, and their prices in the shop's minor units."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model
from tenants.agents.members.models import Member


class Campaign(Uuid7Model):
    """Goods set aside for one seller's buyers (no ``seller``: everybody's), then sold off by the others."""

    name = models.CharField(max_length=120)
    seller = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="campaigns")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    matrix_until = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lte=F("ends_at"), ends_at__lte=F("matrix_until")),
                name="campaign_times",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CampaignItem(Uuid7Model):
    """What a variant costs in a campaign; empty: as in the shop. Its units are a catalog.Allocation."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="items")
    variant_id = models.UUIDField()
    allocation_id = models.UUIDField(unique=True, help_text="see catalog.Allocation")
    price = models.BigIntegerField(null=True)
    sell_off_price = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(price=None) | Q(price__gt=0))
                & (Q(sell_off_price=None) | Q(sell_off_price__gt=0)),
                name="campaign_item_price",
            )
        ]
