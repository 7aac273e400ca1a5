"""A member: a person in the circle of a shop."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Member(models.Model):
    """A person in the circle: whose fan they are, what roles they hold, and why."""

    class BoundBy(models.TextChoices):
        LINK = "link", _("a link")
        CODE = "code", _("a code")
        POSTER = "poster", _("a poster")
        OPERATOR = "operator", _("an operator")
        TRANSFER = "transfer", _("a circle transfer")

    class DepositState(models.TextChoices):
        NONE = "none"
        OPEN = "open"
        HELD = "held"
        RETURNING = "returning"
        RETURNED = "returned"

    user = models.OneToOneField(
        User, primary_key=True, on_delete=models.CASCADE, related_name="member", verbose_name=_("person")
    )
    referral_code = models.CharField(_("referral code"), max_length=12, unique=True)
    bound_to = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="fans",
        verbose_name=_("brought by"),
    )
    bound_at = models.DateTimeField(_("bound since"), null=True, blank=True)
    bound_until = models.DateTimeField(null=True, blank=True, help_text="empty: for good")
    bound_by = models.CharField(_("bound through"), max_length=8, choices=BoundBy, blank=True, default="")
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("roles"))
    role_facts = models.JSONField(
        default=dict, blank=True, help_text='role -> {"at": ISO time, "why": {"zh-hans": …, "en": …}}'
    )
    role_losses = models.JSONField(
        default=dict, blank=True, help_text="roles lost at a review, in the shape of role_facts"
    )
    consents = ArrayField(
        models.CharField(max_length=8),
        default=list,
        blank=True,
        help_text="what whoever brought this member may take along: name, email, phone, transfer",
    )
    consented_at = models.DateTimeField(null=True, blank=True)
    transfer_offer = models.JSONField(
        default=dict, blank=True, help_text='{"host", "at"}: where the circle may follow'
    )
    first_order_id = models.UUIDField(null=True, blank=True, help_text="the order that counts as the first")
    company_name = models.CharField(_("company"), max_length=200, blank=True, default="")
    # registration number
    company_number = models.CharField(_("registration number"), max_length=40, blank=True, default="")
    joined_at = models.DateTimeField(_("joined"), db_default=Now())
    deposit_state = models.CharField(max_length=9, choices=DepositState, default=DepositState.NONE)
    deposit_id = models.UUIDField(null=True, unique=True, help_text="what its payment refers to")
    deposit_payment_id = models.UUIDField(null=True)
    deposit_amount = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.CheckConstraint(
                condition=Q(deposit_state="none")
                | Q(deposit_id__isnull=False, deposit_payment_id__isnull=False, deposit_amount__gt=0),
                name="member_deposit_complete",
            ),
            models.CheckConstraint(condition=~Q(bound_to=F("user")), name="member_not_bound_to_self"),
            models.CheckConstraint(
                condition=Q(consents=[]) | Q(consented_at__isnull=False), name="member_consented_at"
            ),
            models.CheckConstraint(
                condition=Q(bound_to__isnull=True, bound_at__isnull=True)
                | Q(bound_to__isnull=False, bound_at__isnull=False),
                name="member_bound_at",
            ),
        ]

    def __str__(self) -> str:
        return self.referral_code

    @property
    def is_company(self) -> bool:
        """True if a registered company stands behind this member."""
        return bool(self.company_number)
