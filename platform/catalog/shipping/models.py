"""What sending costs, by where it goes and how much it is."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.suppliers.models import Supplier
from kernel.models import Uuid7Model


class ShippingTemplate(Uuid7Model):
    """A supplier's table of freight; amounts in the supplier's currency."""

    class Measure(models.TextChoices):
        """What ``first`` and ``additional`` of the rates count."""

        UNITS = "units", _("units")
        GRAMS = "grams", _("grams")

    supplier = models.ForeignKey(
        Supplier, on_delete=models.CASCADE, related_name="shipping_templates", verbose_name=_("supplier")
    )
    name = models.CharField(_("name"), max_length=80)
    measure = models.CharField(_("counts"), max_length=6, choices=Measure, default=Measure.UNITS)
    # for products that name none
    is_default = models.BooleanField(_("usual one"), default=False)

    class Meta:
        verbose_name = _("freight table")
        verbose_name_plural = _("freight tables")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "name"], name="shipping_template_name"),
            models.UniqueConstraint(
                fields=["supplier"], condition=Q(is_default=True), name="shipping_template_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ShippingRate(Uuid7Model):
    """One line of the table: what it costs to send to these regions.

    The line whose region lies closest to the address holds; the one without regions is for everywhere else.
    """

    template = models.ForeignKey(ShippingTemplate, on_delete=models.CASCADE, related_name="rates")
    regions = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text="slugs of regions; empty: all"
    )
    is_served = models.BooleanField(default=True, help_text="off: nothing is sent there")
    first = models.PositiveIntegerField(default=1, help_text="units or grams that the first amount covers")
    first_amount = models.BigIntegerField(default=0)
    additional = models.PositiveIntegerField(default=1, help_text="units or grams of each further amount")
    additional_amount = models.BigIntegerField(default=0)
    free_from = models.BigIntegerField(null=True, blank=True, help_text="goods worth this are sent free")
    days_min = models.PositiveSmallIntegerField(default=2)
    days_max = models.PositiveSmallIntegerField(default=5)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first__gt=0, additional__gt=0, first_amount__gte=0, additional_amount__gte=0)
                & (Q(free_from=None) | Q(free_from__gte=0)),
                name="shipping_rate_positive",
            ),
            models.CheckConstraint(
                condition=Q(days_max__gte=models.F("days_min")), name="shipping_rate_days"
            ),
        ]
