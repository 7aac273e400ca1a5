"""What has changed: a number for caches, and the feed for those who keep a copy."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class CatalogueChange(models.Model):
    """How often the catalogue changed: the sum of ``amount`` is its version.

    Triggers append a row for every statement that changes what a page shows. Appending takes no
    lock on anything shared, and a row counts from the moment its transaction commits, so a version
    read before the data is never newer than the data. ``services.fold_changes`` keeps it short.
    """

    amount = models.BigIntegerField(default=1, db_default=1)
    products = ArrayField(
        models.UUIDField(), null=True, help_text="which products lists may gain or lose by it; null: any"
    )


class FeedMark(models.Model):
    """Triggers' note that something of a product changed; ``services.catch_up`` makes entries of them.

    Appended without any lock, so that sales do not wait for each other.
    """

    class What(models.TextChoices):
        """What ``key`` is the id of."""

        PRODUCT = "p"
        STOCK = "s"  # of a variant
        SUPPLIER = "u"
        CATEGORY = "c"

    what = models.CharField(max_length=1, choices=What)
    key = models.UUIDField()


class FeedEntry(models.Model):
    """A product as it is served, and the position of its last change. Deleted ones stay as tombstones.

    ``position`` grows with every change of any product, in the order in which readers see them.
    """

    product_id = models.UUIDField(primary_key=True)
    position = models.BigIntegerField(unique=True)
    is_deleted = models.BooleanField(default=False)
    for_sale = models.BooleanField(default=False, help_text="see catalog_for_sale")
    document = models.JSONField(null=True, help_text="the product with its variants and prices")
    stock = models.JSONField(null=True, help_text="variant id -> units that can be sold")
    changed_at = models.DateTimeField(db_default=Now())
