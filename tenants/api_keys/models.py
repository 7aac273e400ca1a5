"""Keys of the API for partners. Lives in "public", so that a key is found before its tenant is trusted."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.models import Uuid7Model


class Scope(models.TextChoices):
    """What a key may do."""

    CATALOGUE_READ = "catalogue:read", _("Read the catalogue, costs and stock")
    ORDERS_READ = "orders:read", _("Read orders and the balance")
    ORDERS_WRITE = "orders:write", _("Place orders that the prepaid balance pays")


class ApiKey(Uuid7Model):
    """A key of one tenant. The secret itself is stored nowhere, only its SHA-256."""

    tenant_id = models.UUIDField()
    name = models.CharField(_("name"), max_length=80, help_text=_("what uses it, e.g. the ERP"))
    prefix = models.CharField(max_length=16, unique=True, help_text="the readable part, which finds the row")
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), verbose_name=_("rights"))
    per_minute = models.PositiveIntegerField(_("requests per minute"), default=600)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    created_by = models.CharField(max_length=200, blank=True, default="")
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(condition=Q(per_minute__gt=0), name="api_key_rate_positive"),
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_key_has_scope"),
        ]
        indexes = [models.Index(fields=["tenant_id", "-id"], name="api_key_by_tenant")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
