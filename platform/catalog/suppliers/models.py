"""Suppliers, and the branches that look after them."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.regions.models import Region
from kernel.days import is_zone, zones_by_country
from kernel.models import Uuid7Model
from kernel.money.money import currency_choices


class LicenceKind(models.TextChoices):
    """What a supplier needs a permit or a proof for."""

    BUSINESS = "business", _("business licence")
    FOOD = "food", _("food permit")
    ALCOHOL = "alcohol", _("alcohol permit")
    HEALTH_FOOD = "health_food", _("health food permit")
    COSMETICS = "cosmetics", _("cosmetics filing")
    MEDICAL = "medical", _("medical devices permit")
    IMPORT = "import", _("import papers")
    BRAND = "brand", _("right to the brand")


class Branch(Uuid7Model):
    """The people who sign and look after the local merchants of a region and what lies below it.

    ``people`` are ids of the platform's own staff: a key into the user table would be searched for
    in whatever schema a connection happens to be.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    # {"zh-hans": …, "en": …}
    name = models.JSONField(_("name"))
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="branches", verbose_name=_("region")
    )
    people: "ArrayField[list[UUID], list[UUID]]" = ArrayField(
        models.UUIDField(), default=list, blank=True, verbose_name=_("people")
    )
    is_active = models.BooleanField(_("at work"), default=True)

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")

    def __str__(self) -> str:
        return self.code


class Supplier(Uuid7Model):
    """Who makes or imports goods, ships them and is paid for them."""

    class SettlementPolicy(models.TextChoices):
        """The moment at which what we owe falls due."""

        PAID = "paid", _("the member has paid")
        SHIPPED = "shipped", _("it has shipped")
        RECEIVED = "received", _("the member has it")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    # {"zh-hans": …, "en": …}
    name = models.JSONField(_("name"))
    email = models.EmailField(_("e-mail"), blank=True, default="")
    region = models.CharField(_("region"), max_length=80, blank=True, default="")
    # ISO 3166, two letters
    country = models.CharField(_("country"), max_length=2, default="CN")
    # whose days are its own: vouchers, statements, deadlines and licences end with them
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    branch = models.ForeignKey(
        Branch,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="suppliers",
        verbose_name=_("branch"),
    )
    required_licences = ArrayField(
        models.CharField(max_length=12, choices=LicenceKind),
        default=list,
        blank=True,
        help_text="without one of these in force nothing of this supplier is sold",
    )
    settlement_policy = models.CharField(
        _("paid when"), max_length=10, choices=SettlementPolicy, default=SettlementPolicy.SHIPPED
    )
    currency = models.CharField(_("currency"), max_length=3, default="CNY", choices=currency_choices)
    # per order, minor units of the supplier's currency
    freight = models.BigIntegerField(_("freight per order"), default=0)
    # goods value, minor units
    freight_free_from = models.BigIntegerField(_("free from goods worth"), null=True, blank=True)
    handling_days = models.PositiveSmallIntegerField(_("days to ship"), default=2)
    is_active = models.BooleanField(_("supplies"), default=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        constraints = [
            models.CheckConstraint(condition=Q(freight__gte=0), name="supplier_freight_not_negative")
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def zone(self) -> ZoneInfo:
        """The time zone whose days are this supplier's."""
        return ZoneInfo(self.timezone)

    def clean(self) -> None:
        """Raise ValidationError for a country or a time zone that does not exist."""
        if self.country not in zones_by_country():
            raise ValidationError(
                {"country": _("There is no such country. Write its two letters, for example CN or VN.")}
            )
        if not is_zone(self.timezone):
            raise ValidationError({"timezone": _("There is no such time zone. Write it like Asia/Shanghai.")})
