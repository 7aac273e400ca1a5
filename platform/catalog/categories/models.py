"""The tree of categories."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.suppliers.models import LicenceKind
from kernel.models import Uuid7Model


class Category(Uuid7Model):
    """A node of the one tree of categories."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
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
    required_licences = ArrayField(
        models.CharField(max_length=12, choices=LicenceKind),
        default=list,
        db_default=[],
        blank=True,
        help_text="what a supplier needs to sell goods of this category and of those below it",
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.slug
