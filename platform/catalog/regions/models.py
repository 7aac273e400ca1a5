"""The tree of regions."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.models import Uuid7Model


class Region(Uuid7Model):
    """A node of the one tree of regions: a province, a city, a district."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True, allow_unicode=True)
    # what an address lies in: a division, a country, a country's area (kernel.addresses.address.places_of);
    # empty for a region that only gathers others
    code = models.CharField(_("code"), max_length=63, blank=True, default="")
    # {"zh-hans": …, "en": …}
    name = models.JSONField(_("name"))
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("below"),
    )
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["position", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="region_code_once")
        ]

    def __str__(self) -> str:
        return self.slug
