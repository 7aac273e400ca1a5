"""Payees' accounts at the payment service, and how their money went on to their banks."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.models import NO_ONE, OutgoingRow


class PayoutAccount(OutgoingRow):
    """Where a supplier, a tenant or a member is paid. Suppliers' are of no tenant (``NO_ONE``)."""

    class OwnerKind(models.TextChoices):
        SUPPLIER = "supplier", _("supplier")
        TENANT = "tenant", _("shop")
        MEMBER = "member", _("member")

    class State(models.TextChoices):
        PENDING = "pending", _("not complete yet")
        """Opened; the payee has yet to complete their data."""
        ABLE = "able", _("can be paid")
        RESTRICTED = "restricted", _("stopped for now")
        """The payment service wants something before it sends more."""
        DISABLED = "disabled", _("closed")
        """The payment service closed it."""

    tenant_id = models.UUIDField(_("shop"), default=NO_ONE)
    owner_kind = models.CharField(_("owner"), max_length=10, choices=OwnerKind)
    owner_id = models.UUIDField(_("owner's id"))
    # ISO 3166; the payment service never changes it
    country = models.CharField(_("country"), max_length=2)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    # the payment service's names of what it wants
    requirements = models.JSONField(_("still asked for"), default=list)
    disabled_reason = models.CharField(_("why it is stopped"), max_length=120, blank=True, default="")
    # the same for two accounts with one bank account
    fingerprint = models.CharField(_("mark of the bank account"), max_length=120, blank=True, default="")
    created_at = models.DateTimeField(_("since"), db_default=Now())
    # the payee opened another one, in another country for instance; what lies on this one still goes on
    replaced_at = models.DateTimeField(_("replaced"), null=True)
    checked_at = models.DateTimeField(_("last event"), null=True)
    # when it was last asked what can go on to the bank
    balance_seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("payout account")
        verbose_name_plural = _("payout accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["owner_id", "tenant_id", "owner_kind"],
                condition=Q(replaced_at=None),
                name="payout_account_one_each",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "able", "restricted", "disabled"]),
                name="payout_account_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="pending") | Q(external_id__isnull=False), name="payout_account_opened"
            ),
            models.CheckConstraint(
                condition=Q(owner_kind="supplier", tenant_id=NO_ONE)
                | (Q(owner_kind__in=["tenant", "member"]) & ~Q(tenant_id=NO_ONE)),
                name="payout_account_tenant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["fingerprint", "tenant_id"],
                condition=~Q(fingerprint=""),
                name="account_by_fingerprint",
            )
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)
