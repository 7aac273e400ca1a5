"""Which shared products a shop lists, and where one of them differs from the rule."""

from django.db import models
from django.db.models import Q

from kernel.models import Uuid7Model


class Assortment(models.Model):
    """Which shared products this shop lists and at what price, as one rule. One row a tenant."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    rule = models.JSONField(help_text="see tenants.shop.listings.assortment.AssortmentRule")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="assortment_single")]


class Listing(Uuid7Model):
    """Where one product differs from the rule; products without a row follow the rule."""

    product_id = models.UUIDField(unique=True)
    title = models.JSONField(default=dict, blank=True, help_text="empty: the catalogue's own title")
    is_hidden = models.BooleanField(default=False)
    is_extra = models.BooleanField(default=False, help_text="listed although the rule leaves it out")
    featured = models.PositiveSmallIntegerField(
        default=0, help_text="place on the home page; 0: not featured"
    )
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.product_id)


class ListingPrice(models.Model):
    """A price of a variant set by hand, in the tenant's currency."""

    variant_id = models.UUIDField(primary_key=True)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="prices")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="listing_price_positive")]
