"""Tenants, their hosts, and schemas made ready beforehand. Lives in "public"."""

from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from billing.plans import selectors as plan_selectors
from kernel.ids import new_id


class Tenant(TenantMixin):  # type: ignore[misc]
    """A small platform: a brand, its rules, its people, one schema.

    ``schema_name`` is opaque and for good; name and hosts can change.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("open")
        RETIRED = "retired", _("retired")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # {"zh-hans": …, "en": …}
    name = models.JSONField(_("name"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    # the preset its rules started from
    preset = models.CharField(_("preset"), max_length=40, blank=True, default="")
    locale = models.CharField(_("language"), max_length=16, default="zh-hans")
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    gateway = models.CharField(
        max_length=20,
        blank=True,
        default="",
        help_text="how members pay; empty: as the platform's settings say",
    )
    blueprint_hash = models.CharField(max_length=64, default="", help_text="SHA-256 of the applied blueprint")
    fingerprint = models.CharField(max_length=64, default="", help_text="the migrations its schema has")
    created_at = models.DateTimeField(_("since"), db_default=Now())
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")

    def __str__(self) -> str:
        return str(self.schema_name)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone whose days are this shop's."""
        return ZoneInfo(self.timezone)

    @property
    def platform_fee_bp(self) -> int:
        """The platform's fee, basis points of goods paid, as the shop's plan says or was agreed on."""
        return plan_selectors.fee_bp_of(self.id)

    @property
    def margin_fee_bp(self) -> int:
        """What payment providers keep, where the shop's margin bears it: basis points of what is paid."""
        return plan_selectors.margin_fee_bp_of(self.id)


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name, in lower case and without a port; one tenant at most."""

    domain = models.CharField(_("host"), max_length=253, unique=True, db_index=True)
    is_primary = models.BooleanField(_("the main one"), default=True, db_index=True)

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(is_primary=True), name="domain_one_primary"
            )
        ]

    def __str__(self) -> str:
        return str(self.domain)


class SchemaScript(models.Model):
    """The statements that make a tenant's schema, for the state of the migrations named by ``fingerprint``.

    Collected once, by running the migrations in a scratch schema; each statement stands alone.
    """

    fingerprint = models.CharField(max_length=64, primary_key=True)
    statements = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.fingerprint


class ReadySchema(models.Model):
    """A schema without a tenant, built for the migrations named by ``fingerprint``."""

    schema_name = models.CharField(max_length=63, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.schema_name
