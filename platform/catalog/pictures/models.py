"""Pictures of products."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.products.models import Product, Variant
from kernel.models import Uuid7Model


class Media(Uuid7Model):
    """A picture of a product: in our own storage, then with ``widths``, or at its source."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="media", db_index=False)
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="media"
    )
    position = models.PositiveSmallIntegerField(_("place"), default=1)
    # absolute https address, or a path on our own hosts
    url = models.CharField(_("address"), max_length=1000)
    alt = models.JSONField(_("text for the blind"), default=dict)
    widths = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="pixels; url ends in /<largest>.webp, the others lie beside it; empty: not ours",
    )

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "url"], name="media_unique")]

    def url_at(self, width: int) -> str:
        """Return the address of the smallest size that is at least ``width`` pixels wide, or the largest."""
        if not self.widths:
            return self.url
        fits = min((own for own in self.widths if own >= width), default=max(self.widths))
        return f"{self.url.rpartition('/')[0]}/{fits}.webp"

    @property
    def srcset(self) -> str:
        """Return the value of an img element's srcset, "" for a picture of one size."""
        return ", ".join(f"{self.url_at(width)} {width}w" for width in sorted(self.widths))
